import type { QuietTimes } from '../../../protocol/alert';
import { momentOf, withinHours } from '../../../protocol/weekly-hours';

const MINUTE_MS = 60_000;
const WEEK_MINUTES = 7 * 24 * 60;

/**
 * When something may be sent: now, or the first minute that is not in quiet hours. Minute by minute, so that the changes of
 * daylight saving time are those of the time zone. If all of the week is quiet, something is sent after a week.
 */
export function afterQuiet({ timeZone, hours }: QuietTimes, now: Date): Date {
  const isQuiet = (at: number) => hours.some((each) => withinHours(each, momentOf(at, timeZone)));
  if (!isQuiet(now.getTime())) return now;
  const thisMinute = now.getTime() - (now.getTime() % MINUTE_MS);
  // half an hour at a time is enough to find the end, which is then found exactly
  for (let minutes = 30; minutes <= WEEK_MINUTES; minutes += 30) {
    if (isQuiet(thisMinute + minutes * MINUTE_MS)) continue;
    let end = minutes - 30;
    do end += 1;
    while (isQuiet(thisMinute + end * MINUTE_MS));
    return new Date(thisMinute + end * MINUTE_MS);
  }
  return new Date(thisMinute + WEEK_MINUTES * MINUTE_MS);
}
