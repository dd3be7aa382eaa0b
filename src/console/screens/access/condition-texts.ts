import type { AccessCondition, PermittedAccess, WeeklyHours } from '../../../protocol/access-conditions';
import type { Messages } from '../../messages/en';
import type { Formats } from '../../messages/formats';

/** `Box invoices: list, get`. */
export function accessText(access: PermittedAccess, t: Messages): string {
  if (access.kind === 'session') {
    const sessions = t.access.sessions(access.applications.join(', '));
    return access.grant === 'view' ? `${sessions} (${t.access.viewOnly})` : sessions;
  }
  const box = access.box === null ? t.access.everyBox : t.access.box(access.box);
  return `${box}: ${access.operations.map((operation) => t.access.operations[operation]).join(', ')}`;
}

/** One line for each limit of time; none: it always applies. */
export const timeLines = ({ from, until, hours }: AccessCondition, t: Messages, formats: Formats): string[] => [
  ...(from === null ? [] : [t.access.from(formats.moment(from))]),
  ...(until === null ? [] : [t.access.until(formats.moment(until))]),
  ...hours.map((each) => hoursText(each, t)),
];

function hoursText({ days, from, until }: WeeklyHours, t: Messages): string {
  const sorted = [...new Set(days)].sort((one, other) => one - other);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  const name = (day: number): string => t.access.days[day - 1]!;
  const isRange = sorted.length > 2 && last - first === sorted.length - 1;
  return t.access.hours(isRange ? `${name(first)}–${name(last)}` : sorted.map(name).join(', '), from, until);
}

/** What has been used, and how much is permitted. */
export function usageLines({ times, bytes, access, used }: AccessCondition, t: Messages, formats: Formats): string[] {
  const count = t.access.times(formats.count(used.times), times === null ? null : formats.count(times));
  if (access.kind === 'session') return [count];
  return [count, t.access.bytes(formats.bytes(used.bytes), bytes === null ? null : formats.bytes(bytes))];
}
