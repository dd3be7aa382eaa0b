import type { Config } from '../config/config';
import type { ReadingEntity } from './reading.entity';

export const DAY_MS = 24 * 60 * 60_000;

export const startOfDay = (at: Date): Date => new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS);
export const startOfMonth = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth()));

/** Before `daily`, one reading of each day is left; before `monthly`, one of each month; before `kept`, none. In UTC. */
export interface Cutoffs {
  readonly daily: Date;
  readonly monthly: Date;
  readonly kept: Date;
}

export function cutoffsAt(now: Date, { readings, keepDays }: Pick<Config, 'readings' | 'keepDays'>): Cutoffs {
  const daysAgo = (days: number): Date => startOfDay(new Date(now.getTime() - days * DAY_MS));
  return {
    daily: daysAgo(readings.allDays),
    monthly: startOfMonth(daysAgo(readings.dailyDays)),
    kept: daysAgo(keepDays.readings),
  };
}

type Thinned = Pick<ReadingEntity, 'at' | 'enteredBy'> & { readonly isCounted: boolean };

/**
 * Which readings of a device give way to another one of the same day or month: all but the last one with counters, or the
 * last one if none has any. What was entered by hand stays.
 */
export function superseded(readings: readonly Thinned[], startOf: (at: Date) => Date): Date[] {
  const best = new Map<number, Thinned>();
  const isBetter = (one: Thinned, other: Thinned): boolean =>
    one.isCounted === other.isCounted ? one.at > other.at : one.isCounted;
  const reported = readings.filter(({ enteredBy }) => enteredBy === null);
  for (const each of reported) {
    const bucket = startOf(each.at).getTime();
    const known = best.get(bucket);
    if (!known || isBetter(each, known)) best.set(bucket, each);
  }
  return reported.filter((each) => best.get(startOf(each.at).getTime()) !== each).map(({ at }) => at);
}
