import type { Counters, DeviceInformation, InformationSource, Supply } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import type { SupplyLevel } from '../../protocol/readings';
import type { KnownSupply, MeteredDeviceEntity } from './metered-device.entity';
import type { MeterJumpEntity, ReadingEntity } from './reading.entity';

type Jump = Pick<MeterJumpEntity, 'counter' | 'before' | 'after'>;

/** What is booked of one device information. */
export interface Booking {
  readonly reading: Pick<ReadingEntity, 'state' | 'counters' | 'levels'>;
  readonly jumps: readonly Jump[];
  readonly supplies: readonly KnownSupply[];
  readonly sources: MeteredDeviceEntity['sources'];
}

/** The counters booked before. */
export type Earlier = Pick<MeteredDeviceEntity, 'counters' | 'sources' | 'countedAt'>;

/** What is recorded of a device information. Pure. */
export function bookingOf(information: DeviceInformation, earlier: Earlier, at: Date): Booking {
  if (!information.reached)
    return {
      reading: { state: 'not-reached', counters: null, levels: {} },
      ...{ jumps: [], supplies: [], sources: {} },
    };
  const counters = comparable(information, earlier);
  const named = withKeys(information.supplies);
  return {
    reading: {
      state: information.state,
      counters,
      levels: Object.fromEntries(named.map(({ key, supply }) => [key, levelOf(supply)])),
    },
    jumps: jumpsBetween(earlier, counters, at),
    supplies: named.map(({ key, supply: { name, type, colour, receptacle } }) => ({
      ...{ key, name, type, colour },
      ...(receptacle && { receptacle }),
    })),
    sources: Object.fromEntries(Object.keys(counters).flatMap((name) => sourceIn(information, name) ?? [])),
  };
}

/**
 * While the device does not answer in one of its protocols, a counter of the other one may count something else: it is left
 * out, so that it is not compared with the earlier ones.
 */
function comparable({ counters, unanswered, sources }: DeviceInformation, earlier: Earlier): Counters {
  if (!unanswered) return counters;
  const isFromElsewhere = (name: string): boolean =>
    earlier.sources[name] !== undefined && earlier.sources[name] !== sources?.counters[name];
  return Object.fromEntries(Object.entries(counters).filter(([name]) => !isFromElsewhere(name)));
}

function jumpsBetween({ counters: before, countedAt }: Earlier, counters: Counters, at: Date): Jump[] {
  if (!countedAt) return [];
  const minutes = Math.max(0, (at.getTime() - countedAt.getTime()) / 60_000);
  const most = LIMITS.METER_JUMP_LEAST + minutes * LIMITS.METER_PER_MINUTE;
  return Object.entries(counters).flatMap(([counter, after]) => {
    const last = before[counter];
    return last !== undefined && (after < last || after - last > most) ? [{ counter, before: last, after }] : [];
  });
}

/** Supplies by their names, which some devices give twice: the keys in the levels of readings. */
export function withKeys<Named extends Pick<Supply, 'name' | 'type'>>(
  supplies: readonly Named[],
): { key: string; supply: Named }[] {
  const seen = new Map<string, number>();
  return supplies.map((supply) => {
    const name = supply.name || supply.type || 'supply';
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { key: count === 1 ? name : `${name} (${count})`, supply };
  });
}

const levelOf = ({ level, someLeft }: Supply): SupplyLevel => level ?? (someLeft ? 'some' : null);

const sourceIn = ({ sources }: DeviceInformation, counter: string): [[string, InformationSource]] | undefined => {
  const source = sources?.counters[counter];
  return source && [[counter, source]];
};
