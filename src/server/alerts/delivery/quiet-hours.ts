import type { QuietTimes } from '../../../protocol/alert';
import { changeOf, momentOf, withinHours } from '../../../protocol/weekly-hours';

const WEEK_MS = 7 * 24 * 60 * 60_000;

/** When something may be sent: now, or the first minute that is not in quiet hours; after a week if all of it is quiet. */
export function afterQuiet({ timeZone, hours }: QuietTimes, now: Date): Date {
  const moment = momentOf(now.getTime(), timeZone);
  if (!hours.some((each) => withinHours(each, moment))) return now;
  return changeOf(hours, timeZone, now) ?? new Date(now.getTime() + WEEK_MS);
}
