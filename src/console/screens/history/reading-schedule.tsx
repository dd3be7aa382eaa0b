import { Select } from '@mantine/core';
import { useChangeSchedule, useReadingSchedules } from '../../api/readings';
import { useText } from '../../messages/language';
import { ProblemNotice } from '../../parts/notice';

const HOURS = [0, 6, 12, 24, 7 * 24] as const;

/** How often the devices of a customer are read. */
export function ReadingSchedule({ customerId, name }: { customerId: string; name: string }) {
  const t = useText();
  const schedules = useReadingSchedules();
  const change = useChangeSchedule();
  if (!schedules.data) return null;
  const { usual, customers } = schedules.data;
  const hours = customers.find((each) => each.customerId === customerId)?.hours;
  const offered = [...new Set([...HOURS, ...(hours === undefined ? [] : [hours])])].sort((one, other) => one - other);
  const textOf = (each: number): string => (each === 0 ? t.history.scheduleOff : t.history.everyHours(String(each)));
  return (
    <div className="tools">
      <Select
        size="xs"
        label={t.history.schedule}
        aria-label={t.history.scheduleOf(name)}
        placeholder={t.history.usual(textOf(usual))}
        data={offered.map((each) => ({ value: String(each), label: textOf(each) }))}
        value={hours === undefined ? null : String(hours)}
        onChange={(value) => change.mutate({ customerId, hours: value === null ? null : Number(value) })}
        clearable
        disabled={change.isPending}
      />
      {change.error && <ProblemNotice error={change.error} />}
    </div>
  );
}
