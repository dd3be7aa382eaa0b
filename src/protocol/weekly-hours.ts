import { z } from 'zod';
import type { WeeklyHours } from './access-conditions';

const NO_TIME_ZONE = 'must be a time zone such as Europe/Berlin';
/** IANA name of a time zone. */
export const timeZone = z
  .string()
  .regex(/^[A-Za-z0-9_+/-]{1,64}$/, NO_TIME_ZONE)
  .refine((name) => isTimeZone(name), NO_TIME_ZONE);

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

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

const MINUTE_MS = 60_000;
const WEEK_MINUTES = 7 * 24 * 60;
/** No gap of weekly hours that is shorter is found. */
const STEP_MINUTES = 15;

/**
 * The first minute at which `now` is no longer as it is: weekly hours end, or begin. Found minute by minute, so that the
 * changes of daylight saving time are those of the time zone; undefined: not within a week.
 */
export function changeOf(hours: readonly WeeklyHours[], timeZone: string | undefined, now: Date): Date | undefined {
  const isWithin = (at: number) => hours.some((each) => withinHours(each, momentOf(at, timeZone)));
  const before = isWithin(now.getTime());
  const thisMinute = now.getTime() - (now.getTime() % MINUTE_MS);
  const isChanged = (minutes: number) => isWithin(thisMinute + minutes * MINUTE_MS) !== before;
  for (let minutes = STEP_MINUTES; minutes <= WEEK_MINUTES; minutes += STEP_MINUTES) {
    if (!isChanged(minutes)) continue;
    let change = minutes - STEP_MINUTES + 1;
    while (!isChanged(change)) change += 1;
    return new Date(thisMinute + change * MINUTE_MS);
  }
  return undefined;
}

/** A format takes longer to make than to use. There are some hundred time zones. */
const FORMATS = new Map<string | undefined, Intl.DateTimeFormat>();
function formatOf(timeZone: string | undefined): Intl.DateTimeFormat {
  const known = FORMATS.get(timeZone);
  if (known) return known;
  const clock = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, ...clock });
  if (timeZone !== undefined) FORMATS.set(timeZone, format); // that of this computer may change
  return format;
}

/** @param timeZone IANA name; by default the time zone of this computer */
export function momentOf(at: number, timeZone?: string): Moment {
  const parts = formatOf(timeZone).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)!.value;
  return {
    at,
    day: ISO_DAYS.indexOf(part('weekday')) + 1,
    minute: Number(part('hour')) * 60 + Number(part('minute')),
  };
}
