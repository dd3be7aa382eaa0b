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
  /** IDs of open jumps that were none: the device had reported a wrong value, and its counter is as it was. */
  readonly recovered: readonly string[];
  /** The counter of its life went back, or is as it was; null: neither. */
  readonly life: 'back' | 'recovered' | null;
  readonly supplies: readonly KnownSupply[];
  readonly sources: MeteredDeviceEntity['sources'];
}

/** The counters booked before, and the jumps whose offset is not entered. */
export type Earlier = Pick<MeteredDeviceEntity, 'counters' | 'sources' | 'countedAt'> & {
  readonly open: readonly Pick<MeterJumpEntity, 'id' | 'counter' | 'at' | 'before' | 'after'>[];
};

/** The counter by which a new board is noticed, and the sources in which it counts the life of a device. */
const TOTAL = 'impressions';
const LIFELONG: readonly (string | undefined)[] = ['snmp', 'vendor'];

/** What is recorded of a device information. Pure. */
export function bookingOf(information: DeviceInformation, earlier: Earlier, at: Date): Booking {
  if (!information.reached)
    return {
      reading: { state: 'not-reached', counters: null, levels: {} },
      ...{ jumps: [], recovered: [], life: null, supplies: [], sources: {} },
    };
  const counters = comparable(information, earlier);
  const named = withKeys(information.supplies);
  const recovered = recoveredIn(earlier, counters, at);
  const jumps = jumpsBetween(earlier, counters, at).filter(({ counter }) =>
    recovered.every((each) => each.counter !== counter),
  );
  return {
    reading: {
      state: information.state,
      counters,
      levels: Object.fromEntries(named.map(({ key, supply }) => [key, levelOf(supply)])),
    },
    jumps,
    recovered: recovered.map(({ id }) => id),
    life: lifeOf(jumps, recovered, [earlier.sources[TOTAL], information.sources?.counters[TOTAL]]),
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

/** Jumps of counters that are soon what they were before, or a little more. */
function recoveredIn({ open }: Earlier, counters: Counters, at: Date): Earlier['open'] {
  return open.filter(({ counter, before, after, at: since }) => {
    const now = counters[counter];
    const ms = at.getTime() - since.getTime();
    if (now === undefined || after >= before || ms > LIMITS.METER_RECOVERED_MS) return false;
    return now >= before && now - before <= mostIn(ms);
  });
}

function lifeOf(
  jumps: readonly Jump[],
  recovered: Earlier['open'],
  sources: readonly (InformationSource | undefined)[],
): Booking['life'] {
  if (recovered.some(({ counter }) => counter === TOTAL)) return 'recovered';
  const isBack = jumps.some(({ counter, before, after }) => counter === TOTAL && after < before);
  return isBack && sources.every((each) => LIFELONG.includes(each)) ? 'back' : null;
}

/** What a counter counts at most. */
const mostIn = (ms: number): number => LIMITS.METER_JUMP_LEAST + (Math.max(0, ms) / 60_000) * LIMITS.METER_PER_MINUTE;

function jumpsBetween({ counters: before, countedAt }: Earlier, counters: Counters, at: Date): Jump[] {
  if (!countedAt) return [];
  const most = mostIn(at.getTime() - countedAt.getTime());
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
