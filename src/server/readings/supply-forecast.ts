import type { ForecastSupply, SupplyLevel } from '../../protocol/readings';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { DAY_MS } from './thinning';

export interface LevelAt {
  readonly at: Date;
  readonly level: SupplyLevel;
}

/** Fewer per cent are within the steps in which devices report levels. */
const PER_CENT_LEAST = 3;

/**
 * When a supply will be empty (a receptacle: full), if its level falls as it has since it last rose, which is when it was
 * replaced. null unless its use is known: from at least two levels, FORECAST_DAYS_LEAST apart. Pure.
 * @param levels oldest first
 */
export function forecastOf(levels: readonly LevelAt[], now: Date): ForecastSupply['empty'] {
  const since: { at: number; level: number }[] = [];
  for (const { at, level } of levels) {
    if (typeof level !== 'number') continue;
    // one per cent more is a matter of rounding
    if (level > (since.at(-1)?.level ?? level) + 1) since.length = 0;
    since.push({ at: at.getTime(), level });
  }
  const [first, last] = [since[0], since.at(-1)];
  if (!first || !last) return null;
  const days = (last.at - first.at) / DAY_MS;
  const used = first.level - last.level;
  if (days < LIMITS.FORECAST_DAYS_LEAST || used < PER_CENT_LEAST) return null;
  const perDay = used / days;
  const emptyAt = last.at + (last.level / perDay) * DAY_MS;
  const left = Math.max(0, Math.floor((emptyAt - now.getTime()) / DAY_MS));
  return { at: toInstant(emptyAt), days: left, perDay };
}
