import { Injectable } from '@nestjs/common';
import type { ForecastSupply } from '../../protocol/readings';
import { LIMITS } from '../../protocol/limits';
import { jittered } from '../../protocol/waits';
import type { MeteredDeviceEntity } from './metered-device.entity';
import type { MeterJumpEntity } from './reading.entity';
import { ReadingsRepository, type ReadingSample } from './readings.repository';
import { forecastOf } from './supply-forecast';
import { DAY_MS } from './thinning';
import { usageOf, type CountedAt, type Usage } from './usage';

/** What the readings of a device say about the days to come. */
export interface DeviceTrend {
  readonly serialNumber: string;
  /** By the keys of the supplies: see `supplyKeys`. */
  readonly supplies: ReadonlyMap<string, ForecastSupply['empty']>;
  /** null: not known yet. */
  readonly usage: Usage | null;
}

type Jump = Pick<MeterJumpEntity, 'counter' | 'at' | 'before' | 'after' | 'offset'>;

/** The counters that count every page, best first. */
const TOTALS = ['impressions', 'media-sheets'];

/**
 * The trends of devices. They change slowly and are asked for with each report of a device, so each is kept for TREND_MS, less
 * up to a half of it: those of all devices are not read again at the same time.
 */
@Injectable()
export class DeviceTrends {
  private readonly known = new Map<string, { trend: DeviceTrend; at: number; share: number }>();

  constructor(private readonly readings: ReadingsRepository) {}

  /** Of those that have been read at least once. */
  async of(deviceIds: readonly string[], now: Date): Promise<Map<string, DeviceTrend>> {
    this.forget(now);
    const missing = deviceIds.filter((id) => !this.known.has(id));
    for (let first = 0; first < missing.length; first += LIMITS.TREND_DEVICES_AT_ONCE)
      await this.load(missing.slice(first, first + LIMITS.TREND_DEVICES_AT_ONCE), now);
    return new Map(
      deviceIds.flatMap((id) => {
        const known = this.known.get(id);
        return known ? [[id, known.trend]] : [];
      }),
    );
  }

  private forget(now: Date): void {
    for (const [id, { at, share }] of this.known)
      if (at + share * LIMITS.TREND_MS <= now.getTime()) this.known.delete(id);
  }

  private async load(deviceIds: readonly string[], now: Date): Promise<void> {
    const metered = await this.readings.ofDevices(deviceIds);
    const ids = metered.map(({ id }) => id);
    const from = new Date(now.getTime() - LIMITS.FORECAST_DAYS * DAY_MS);
    const samples = await this.readings.sampledOf(ids, from, now, 2 * LIMITS.FORECAST_DAYS);
    const jumps = await this.readings.jumpsSince(ids, from);
    for (const each of metered) {
      const own = jumps.filter(({ meteredDeviceId }) => meteredDeviceId === each.id);
      const trend = trendOf(each, samples.get(each.id) ?? [], own, now);
      this.known.set(each.deviceId, { trend, at: now.getTime(), share: jittered(1, { least: 0.5, most: 1 }) });
    }
  }
}

/** Pure. @param samples oldest first */
export function trendOf(
  { serialNumber, supplies }: Pick<MeteredDeviceEntity, 'serialNumber' | 'supplies'>,
  samples: readonly ReadingSample[],
  jumps: readonly Jump[],
  now: Date,
): DeviceTrend {
  return {
    serialNumber,
    supplies: new Map(supplies.map(({ key }) => [key, forecastOf(levelsIn(samples, key), now)])),
    usage: usageOf(countedIn(samples, jumps), now),
  };
}

export const levelsIn = (samples: readonly ReadingSample[], key: string) =>
  samples.flatMap(({ at, levels }) => {
    const level = levels[key];
    return level === undefined ? [] : { at, level };
  });

/** What a device has counted since the first sample. Over a jump, its offset is counted; nothing if it is not entered yet. */
function countedIn(samples: readonly ReadingSample[], jumps: readonly Jump[]): CountedAt[] {
  const total = TOTALS.find((name) => samples.some(({ counters }) => counters?.[name] !== undefined));
  const points: CountedAt[] = [];
  let last: { at: Date; value: number } | undefined;
  for (const { at, counters } of samples) {
    const value = total === undefined ? undefined : counters?.[total];
    if (value === undefined) continue;
    const crossed = jumps.filter((jump) => last && jump.counter === total && jump.at > last.at && jump.at <= at);
    const offset = crossed.reduce((sum, jump) => sum + (jump.offset ?? jump.before - jump.after), 0);
    const more = last ? Math.max(0, value - last.value + offset) : 0;
    points.push({ at: at.getTime(), counted: (points.at(-1)?.counted ?? 0) + more });
    last = { at, value };
  }
  return points;
}
