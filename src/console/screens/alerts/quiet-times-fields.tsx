import { Button, Group, MultiSelect, Select, Stack, Text, TextInput } from '@mantine/core';
import type { WeeklyHours } from '../../../protocol/access-conditions';
import type { QuietTimes } from '../../../protocol/alert';
import { LIMITS } from '../../../protocol/limits';
import { useLanguage, useText } from '../../messages/language';
import { PlusIcon } from '../../parts/icons';

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
/** Hours that a new row begins with. */
export const NIGHT: WeeklyHours = { days: EVERY_DAY, from: '20:00', until: '07:00' };
/** A Monday. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 24 * 60 * 60_000;

/** Time zone and weekly hours in which nothing is sent. */
export function QuietTimesFields({ value, onChange }: { value: QuietTimes; onChange: (value: QuietTimes) => void }) {
  const t = useText();
  const { hours, timeZone } = value;
  const zones = Intl.supportedValuesOf('timeZone');
  return (
    <Stack gap="sm">
      <Select
        label={t.alerts.settings.timeZone}
        data={zones.includes(timeZone) ? zones : [timeZone, ...zones]}
        value={timeZone}
        onChange={(zone) => zone && onChange({ ...value, timeZone: zone })}
        allowDeselect={false}
        searchable
        maw={320}
      />
      {hours.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.alerts.settings.noHours}
        </Text>
      )}
      <HoursFields hours={hours} onChange={(next) => onChange({ ...value, hours: next })} />
    </Stack>
  );
}

/** Weekly hours, row by row. */
export function HoursFields({
  hours,
  onChange,
}: {
  hours: readonly WeeklyHours[];
  onChange: (hours: WeeklyHours[]) => void;
}) {
  const t = useText();
  const replace = (at: number, change: Partial<WeeklyHours>): void =>
    onChange(hours.map((each, index) => (index === at ? { ...each, ...change } : each)));
  return (
    <>
      {hours.map((each, at) => (
        <HoursRow
          key={at}
          number={at + 1}
          hours={each}
          onChange={(change) => replace(at, change)}
          onRemove={() => onChange(hours.filter((_, index) => index !== at))}
        />
      ))}
      {hours.length < LIMITS.WEEKLY_HOURS_PER_CONDITION && (
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<PlusIcon size={15} />}
            onClick={() => onChange([...hours, NIGHT])}
          >
            {t.alerts.settings.addHours}
          </Button>
        </Group>
      )}
    </>
  );
}

function HoursRow({
  number,
  hours: { days, from, until },
  onChange,
  onRemove,
}: {
  number: number;
  hours: WeeklyHours;
  onChange: (change: Partial<WeeklyHours>) => void;
  onRemove: () => void;
}) {
  const { t, language } = useLanguage();
  const names = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' });
  const data = EVERY_DAY.map((day) => ({ value: String(day), label: names.format(MONDAY + (day - 1) * DAY_MS) }));
  return (
    <Group align="flex-end" gap="xs">
      <MultiSelect
        label={t.alerts.settings.days7}
        data={data}
        value={days.map(String)}
        onChange={(chosen) => chosen.length > 0 && onChange({ days: chosen.map(Number).sort((a, b) => a - b) })}
        miw={220}
      />
      <TextInput
        type="time"
        label={t.alerts.settings.from}
        value={from}
        onChange={({ currentTarget }) => onChange({ from: currentTarget.value })}
        required
      />
      <TextInput
        type="time"
        label={t.alerts.settings.until}
        value={until}
        onChange={({ currentTarget }) => onChange({ until: currentTarget.value })}
        required
      />
      <Button size="xs" variant="default" aria-label={t.alerts.settings.removeHours(String(number))} onClick={onRemove}>
        {t.alerts.settings.remove}
      </Button>
    </Group>
  );
}
