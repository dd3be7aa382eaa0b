import { LIMITS } from '../../protocol/limits';
import { DAY_MS, startOfDay } from './thinning';

/** How many pages a device has printed since some moment, over all jumps of its counter. */
export interface CountedAt {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly counted: number;
}

/** How much a device prints. Days are those of UTC. */
export interface Usage {
  /** Pages of a usual day: the median of the days on which it printed, without today and yesterday. */
  readonly usual: number;
  /** How far such days are from it: 1.4826 times the median absolute deviation, as the standard deviation of even noise. */
  readonly spread: number;
  /** Pages of today so far, or of yesterday, whichever is more. */
  readonly lately: number;
  /** Since when its counter has stood still, and how many days have been seen of that. */
  readonly stillSince: Date;
  readonly stillDays: number;
  /** On how many of the USAGE_BEFORE_DAYS before that it printed. */
  readonly printedBefore: number;
}

/**
 * How much a device prints, from what was counted. A time without readings is spread evenly, so that a device that was silent
 * for a week has not printed all of it on one day. Pure.
 * @param points oldest first
 * @returns null of less than USAGE_DAYS_LEAST days, or USAGE_PRINTED_LEAST on which it printed
 */
export function usageOf(points: readonly CountedAt[], now: Date): Usage | null {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return null;
  const today = startOfDay(now).getTime();
  const days: number[] = [];
  const start = Math.ceil(first.at / DAY_MS) * DAY_MS;
  for (let day = start; day < today - DAY_MS; day += DAY_MS) days.push(volume(points, day, day + DAY_MS));
  const printed = days.filter((pages) => pages >= 1);
  if (days.length < LIMITS.USAGE_DAYS_LEAST || printed.length < LIMITS.USAGE_PRINTED_LEAST) return null;
  const usual = median(printed);
  const still = points.find(({ counted }) => counted === last.counted)!.at;
  const before = Math.max(0, Math.ceil((still - start) / DAY_MS) - LIMITS.USAGE_BEFORE_DAYS);
  return {
    usual: Math.round(usual),
    spread: 1.4826 * median(printed.map((pages) => Math.abs(pages - usual))),
    lately: Math.round(Math.max(volume(points, today - DAY_MS, today), volume(points, today, today + DAY_MS))),
    stillSince: new Date(still),
    stillDays: Math.floor((last.at - still) / DAY_MS),
    printedBefore: days.slice(before, before + LIMITS.USAGE_BEFORE_DAYS).filter((pages) => pages >= 1).length,
  };
}

/** Pages between two moments, on the lines between the points. */
function volume(points: readonly CountedAt[], from: number, to: number): number {
  return countedAt(points, to) - countedAt(points, from);
}

function countedAt(points: readonly CountedAt[], moment: number): number {
  const next = points.findIndex(({ at }) => at >= moment);
  if (next < 0) return points.at(-1)?.counted ?? 0;
  const [before, after] = [points[next - 1], points[next]!];
  if (!before) return after.counted;
  return before.counted + ((moment - before.at) / (after.at - before.at)) * (after.counted - before.counted);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
