import { Group, NumberInput, Stack, Switch, Text } from '@mantine/core';
import type { AlertRules } from '../../../protocol/alert';
import { LIMITS } from '../../../protocol/limits';
import { useText } from '../../messages/language';

type Label =
  ('below' | 'resolvedAt' | 'belowDays' | 'resolvedAtDays' | 'minutes' | 'days' | 'stillDays') | ('times' | 'pages');
type Field = readonly [name: string, label: Label, most: number, least?: number];
const MINUTES: readonly Field[] = [['minutes', 'minutes', 10_080]];

/** The fields of each rule, with the most that its schema permits. */
const FIELDS: Readonly<Record<keyof AlertRules, readonly Field[]>> = {
  'supply-low': [
    ['belowPercent', 'below', 100],
    ['resolvedAtPercent', 'resolvedAt', 100],
    ['belowDays', 'belowDays', LIMITS.FORECAST_DAYS, 0],
    ['resolvedAtDays', 'resolvedAtDays', LIMITS.FORECAST_DAYS, 0],
  ],
  jam: MINUTES,
  'service-call': MINUTES,
  'meter-still': [['days', 'stillDays', LIMITS.FORECAST_DAYS]],
  'unusual-volume': [
    ['times', 'times', 100, 2],
    ['pages', 'pages', 1_000_000],
  ],
  'device-silent': MINUTES,
  'agent-silent': MINUTES,
  'certificate-expiring': [['days', 'days', 365]],
};

type Rule = keyof AlertRules;
type Values = Record<string, number | boolean>;

/**
 * One rule: whether it raises alerts, and its thresholds.
 * @param own of a customer: whether it has values of its own
 */
export function RuleFields({
  rule,
  values,
  onChange,
  own,
}: {
  rule: Rule;
  values: AlertRules[Rule];
  onChange: (values: AlertRules[Rule]) => void;
  own?: { readonly isOwn: boolean; readonly onChange: (isOwn: boolean) => void };
}) {
  const t = useText();
  const { settings } = t.alerts;
  const name = t.alerts.rules[rule];
  const disabled = own !== undefined && !own.isOwn;
  const change = (field: string, value: number | boolean): void =>
    onChange({ ...(values as Values), [field]: value } as AlertRules[Rule]);
  return (
    <fieldset className="plain">
      <Text component="legend" fw={600} size="sm">
        {name}
      </Text>
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          {settings.hints[rule]}
        </Text>
        {own && (
          <Switch
            label={settings.own}
            aria-label={`${name}: ${settings.own}`}
            checked={own.isOwn}
            onChange={({ currentTarget }) => own.onChange(currentTarget.checked)}
          />
        )}
        <Switch
          label={settings.enabled}
          aria-label={`${name}: ${settings.enabled}`}
          checked={values.enabled}
          disabled={disabled}
          onChange={({ currentTarget }) => change('enabled', currentTarget.checked)}
        />
        <Group gap="sm">
          {FIELDS[rule].map(([field, label, most, least = 1]) => (
            <NumberInput
              key={field}
              label={settings[label]}
              aria-label={`${name}: ${settings[label]}`}
              min={least}
              max={most}
              clampBehavior="strict"
              allowDecimal={false}
              value={(values as Values)[field] as number}
              disabled={disabled || !values.enabled}
              onChange={(value) => typeof value === 'number' && change(field, value)}
              maw={180}
            />
          ))}
        </Group>
      </Stack>
    </fieldset>
  );
}
