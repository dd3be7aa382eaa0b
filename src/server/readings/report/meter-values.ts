import type { Counters } from '../../../protocol/device-information';
import { LIMITS } from '../../../protocol/limits';
import type { MeterValue, ReportedMeter, ValueOrigin } from '../../../protocol/meter-report';
import { toInstant } from '../../../protocol/names';
import type { MeterJumpEntity, ReadingEntity } from '../reading.entity';

type Counted = Pick<ReadingEntity, 'at' | 'enteredBy'> & { readonly counters: Counters };
type Jump = Pick<MeterJumpEntity, 'counter' | 'at' | 'offset'>;

/** The readings of a metered device around a period, and its jumps. */
export interface AroundPeriod {
  readonly from: Date;
  /** The end, not part of the period. */
  readonly to: Date;
  readonly beforeFrom: Counted | undefined;
  readonly afterFrom: Counted | undefined;
  readonly beforeTo: Counted | undefined;
  readonly afterTo: Counted | undefined;
  readonly jumps: readonly Jump[];
  /** Nothing more will be read of it: it was replaced, moved to another customer, or removed. */
  readonly isOver: boolean;
}

interface Point {
  readonly at: number;
  readonly value: number;
  readonly origin: ValueOrigin;
}

/** What each counter of a metered device has counted in a period. Pure. */
export function metersOf(around: AroundPeriod, now: Date): ReportedMeter[] {
  const { beforeFrom, afterFrom, beforeTo, afterTo } = around;
  const readings = [beforeFrom, afterFrom, beforeTo, afterTo];
  const names = new Set(readings.flatMap((reading) => Object.keys(reading?.counters ?? {})));
  return [...names].sort().map((counter) => meterOf(counter, around, now));
}

function meterOf(counter: string, around: AroundPeriod, now: Date): ReportedMeter {
  const jumps = around.jumps.filter((jump) => jump.counter === counter);
  const { from, to, isOver } = around;
  const point = (reading: Counted | undefined): Point | undefined => {
    const value = reading?.counters[counter];
    if (!reading || value === undefined) return undefined;
    return { at: reading.at.getTime(), value, origin: reading.enteredBy === null ? 'read' : 'entered' };
  };
  const [beforeFrom, afterFrom] = [point(around.beforeFrom), point(around.afterFrom)];
  const [beforeTo, afterTo] = [point(around.beforeTo), point(around.afterTo)];
  const first = valueAt(from.getTime(), beforeFrom, afterFrom, jumps) ?? beforeFrom ?? afterFrom;
  const known = valueAt(to.getTime(), beforeTo, afterTo, jumps) ?? beforeTo;
  const isMissing = known !== undefined && isFar(known.at, to.getTime()) && !isOver && to <= now;
  const last = isMissing ? (continued(first, known, to.getTime(), jumps) ?? known) : known;
  const reported = { counter, first: first ? presented(first) : null, last: last ? presented(last) : null };
  if (!first || !last || last.at <= first.at || last.at <= from.getTime())
    return { ...reported, offset: 0, volume: null, problem: 'no-reading' };
  const between = jumps.filter((jump) => isBetween(jump, first.at, last.at));
  const offset = between.reduce((sum, jump) => sum + (jump.offset ?? 0), 0);
  if (between.some((jump) => jump.offset === null)) return { ...reported, offset, volume: null, problem: 'jump' };
  const volume = last.value - first.value + offset;
  return volume < 0
    ? { ...reported, offset, volume: null, problem: 'decreased' }
    : { ...reported, offset, volume, problem: null };
}

/**
 * The counter at a moment: that of the last reading if it is not long before, otherwise on the line to the next one. One
 * function for ends and beginnings, so that the last value of a period is the first one of the next.
 * @returns undefined if there is no such line
 */
function valueAt(
  moment: number,
  before: Point | undefined,
  after: Point | undefined,
  jumps: readonly Jump[],
): Point | undefined {
  if (!before || !isFar(before.at, moment)) return before;
  if (!after || after.value < before.value || jumps.some((jump) => isBetween(jump, before.at, after.at)))
    return undefined;
  const share = (moment - before.at) / (after.at - before.at);
  return { at: moment, value: Math.round(before.value + share * (after.value - before.value)), origin: 'estimated' };
}

/** The line through the first and the last known value, if they are far enough apart, continued to a moment. */
function continued(first: Point | undefined, last: Point, moment: number, jumps: readonly Jump[]): Point | undefined {
  if (!first || last.at - first.at < LIMITS.REPORT_EXTRAPOLATED_MS || last.value < first.value) return undefined;
  if (jumps.some((jump) => isBetween(jump, first.at, last.at))) return undefined;
  const perMs = (last.value - first.value) / (last.at - first.at);
  return { at: moment, value: Math.round(last.value + perMs * (moment - last.at)), origin: 'estimated' };
}

const isFar = (at: number, moment: number): boolean => moment - at > LIMITS.REPORT_NEAR_MS;
const isBetween = ({ at }: Jump, from: number, to: number): boolean => at.getTime() > from && at.getTime() <= to;
const presented = ({ at, value, origin }: Point): MeterValue => ({ at: toInstant(at), value, origin });
