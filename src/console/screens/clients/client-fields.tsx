import { Checkbox, Group, MultiSelect, NumberInput, Radio, Stack, Text } from '@mantine/core';
import { clientScope, type ClientLimits, type ClientScope } from '../../../protocol/external-clients';
import { LIMITS } from '../../../protocol/limits';
import { useFormats, useText } from '../../messages/language';
import { LIMIT_KINDS, useChoices, type Choice, type Limit } from './client-limits';

/** What an administrator decides about an external client, now and later. */
export interface Permissions {
  readonly scopes: ClientScope[];
  readonly limits: ClientLimits;
}

/** A limit that lists nothing would permit nothing: it is more likely to be forgotten than wanted. */
export const isComplete = ({ scopes, limits }: Permissions): boolean =>
  scopes.length > 0 && LIMIT_KINDS.every((kind) => limits[kind]?.length !== 0);

/** The fields for scopes, limits and `requestsPerMinute`. */
export function PermissionFields({
  value,
  onChange,
  requestsPerMinute,
  checked,
}: {
  value: Permissions;
  onChange: (value: Permissions) => void;
  requestsPerMinute: number;
  /** Missing choices are marked. */
  checked: boolean;
}) {
  const t = useText();
  const formats = useFormats();
  const choices = useChoices();
  const { scopes, limits } = value;
  return (
    <>
      <Checkbox.Group
        label={t.clients.scopes}
        description={t.clients.scopesHint}
        value={scopes}
        onChange={(chosen) =>
          onChange({ ...value, scopes: clientScope.options.filter((each) => chosen.includes(each)) })
        }
        error={checked && scopes.length === 0 && t.clients.scopesMissing}
        withAsterisk
      >
        <Stack gap={6} mt={6}>
          {clientScope.options.map((scope) => (
            <Checkbox
              key={scope}
              value={scope}
              label={
                <>
                  {t.clients.scope[scope].name} <code className="minor">{scope}</code>
                </>
              }
              description={t.clients.scope[scope].hint}
            />
          ))}
        </Stack>
      </Checkbox.Group>
      <div>
        <Text size="sm" fw={600}>
          {t.clients.limits}
        </Text>
        <Text size="xs" c="dimmed">
          {t.clients.limitsHint}
        </Text>
      </div>
      {LIMIT_KINDS.map((kind) => (
        <LimitField
          key={kind}
          kind={kind}
          choices={choices[kind]}
          value={limits[kind]}
          onChange={(listed) => onChange({ ...value, limits: { ...limits, [kind]: listed } })}
          checked={checked}
        />
      ))}
      <NumberInput
        name="requestsPerMinute"
        label={t.clients.requests}
        description={t.clients.requestsHint(formats.count(LIMITS.API_REQUESTS_PER_MINUTE))}
        defaultValue={requestsPerMinute}
        min={1}
        max={LIMITS.API_REQUESTS_PER_MINUTE}
        allowDecimal={false}
        required
      />
    </>
  );
}

const ONLY = 'only';

function LimitField({
  kind,
  choices,
  value,
  onChange,
  checked,
}: {
  kind: Limit;
  choices: readonly Choice[];
  /** null: no limit. */
  value: readonly string[] | null;
  onChange: (value: string[] | null) => void;
  checked: boolean;
}) {
  const t = useText();
  const name = t.clients.limit[kind];
  // what was removed since remains in the list until it is taken out
  const removed = (value ?? []).filter((id) => !choices.some((each) => each.value === id));
  return (
    <div>
      <Radio.Group
        label={name}
        value={value === null ? '' : ONLY}
        onChange={(chosen) => onChange(chosen === ONLY ? [] : null)}
      >
        <Group gap="md" mt={4}>
          <Radio value="" label={t.clients.everyOne} />
          <Radio value={ONLY} label={t.clients.only} />
        </Group>
      </Radio.Group>
      {value !== null && (
        <MultiSelect
          mt={6}
          aria-label={t.clients.permitted(name)}
          data={[...choices, ...removed.map((id) => ({ value: id, label: t.clients.removed(id) }))]}
          value={[...value]}
          onChange={onChange}
          error={checked && value.length === 0 && t.clients.choose}
          searchable
          hidePickedOptions
        />
      )}
    </div>
  );
}
