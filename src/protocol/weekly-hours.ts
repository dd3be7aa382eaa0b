import type { WeeklyHours } from './access-conditions';

/** A moment on a clock on the wall. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly at: number;
  /** 1 is Monday, 7 is Sunday (ISO 8601). */
  readonly day: number;
  /** Minutes since midnight as a clock on the wall shows them, so that they jump with daylight saving time. */
  readonly minute: number;
}

/** Whether a moment is in weekly hours. */
export function withinHours({ days, from, until }: WeeklyHours, { day, minute }: Moment): boolean {
  const [start, end] = [minuteOf(from), minuteOf(until)];
  if (start < end) return days.includes(day) && minute >= start && minute < end;
  // over midnight: the evening of the day, and the morning after it
  const dayBefore = day === 1 ? 7 : day - 1;
  return (days.includes(day) && minute >= start) || (days.includes(dayBefore) && minute < end);
}

const minuteOf = (timeOfDay: string): number => Number(timeOfDay.slice(0, 2)) * 60 + Number(timeOfDay.slice(3));

const ISO_DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** @param timeZone IANA name; by default the time zone of this computer */
export function momentOf(at: number, timeZone?: string): Moment {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)!.value;
  return {
    at,
    day: ISO_DAYS.indexOf(part('weekday')) + 1,
    minute: Number(part('hour')) * 60 + Number(part('minute')),
  };
}
