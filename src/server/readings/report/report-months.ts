/** Hour of the day, in UTC, at which reports are mailed: those of the day before have come by then. */
const HOUR = 6;

const startOfMonth = (year: number, month: number): Date => new Date(Date.UTC(year, month));

/** When the report of a month is mailed: on a day of the month after it. */
export const mailedAt = (month: Date, day: number): Date =>
  new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, day, HOUR));

/** The first report that is due after now: that of last month, or of this one if its day is over. */
export function firstMail(day: number, now: Date): { month: Date; nextAt: Date } {
  const last = startOfMonth(now.getUTCFullYear(), now.getUTCMonth() - 1);
  const month = mailedAt(last, day) > now ? last : followingMonth(last);
  return { month, nextAt: mailedAt(month, day) };
}

export const followingMonth = (month: Date): Date => startOfMonth(month.getUTCFullYear(), month.getUTCMonth() + 1);

/** First and last day. */
export function daysOf(month: Date): { from: string; to: string } {
  const last = new Date(followingMonth(month).getTime() - 1);
  return { from: month.toISOString().slice(0, 10), to: last.toISOString().slice(0, 10) };
}
