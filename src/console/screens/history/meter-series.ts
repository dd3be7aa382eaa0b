import type { MeterJump, Reading } from '../../../protocol/readings';

/** A moment, in milliseconds, and values by name. */
export type Point = { readonly at: number } & Readonly<Record<string, number>>;

/** The counters that are drawn, total first; a device has some of them. */
const DRAWN = [
  'impressions',
  'impressions-monochrome',
  'impressions-full-color',
  'prints',
  'copies',
  'faxes',
  'scans',
  'media-sheets',
];

export const drawnCounters = (readings: readonly Reading[]): string[] =>
  DRAWN.filter((name) => readings.some(({ counters }) => counters?.[name] !== undefined));

/**
 * What each counter has counted since the first reading. Over a jump, its offset is counted; nothing if it is not entered
 * yet. Pure.
 * @param readings oldest first
 */
export function meterSeries(readings: readonly Reading[], jumps: readonly MeterJump[]): Point[] {
  const names = drawnCounters(readings);
  const last = new Map<string, { value: number; at: string; counted: number }>();
  return readings.flatMap(({ at, counters }) => {
    if (!counters) return [];
    const values = names.flatMap((name) => {
      const value = counters[name];
      if (value === undefined) return [];
      const before = last.get(name);
      const crossed = jumps.filter((jump) => jump.counter === name && before && jump.at > before.at && jump.at <= at);
      const offset = crossed.reduce((sum, jump) => sum + (jump.offset ?? jump.before - jump.after), 0);
      const counted = before ? before.counted + Math.max(0, value - before.value + offset) : 0;
      last.set(name, { value, at, counted });
      return [[name, counted] as const];
    });
    return [{ at: Date.parse(at), ...Object.fromEntries(values) }];
  });
}

/** The levels that are numbers, by the keys of the supplies. */
export const levelSeries = (readings: readonly Reading[]): Point[] =>
  readings.flatMap(({ at, levels }) => {
    const known = Object.entries(levels).filter((each): each is [string, number] => typeof each[1] === 'number');
    return known.length === 0 ? [] : [{ at: Date.parse(at), ...Object.fromEntries(known) }];
  });

export interface StateSpan {
  readonly state: Reading['state'];
  readonly from: number;
  readonly to: number;
}

/** A state lasts until the next reading, but not longer than this: nothing is known then. */
const LASTS_MS = 36 * 3_600_000;
/** Or than twice the distance of the readings, of which the server sends this many. */
export const POINTS = 300;

/** Which state the device was in, as far as it is known; equal states that follow each other are one span. */
export function stateSpans(readings: readonly Reading[], from: number, to: number): StateSpan[] {
  const spans: StateSpan[] = [];
  const longest = Math.max(LASTS_MS, (2 * (to - from)) / POINTS);
  for (const [index, { at, state }] of readings.entries()) {
    const begun = Date.parse(at);
    const next = readings[index + 1];
    const until = next ? Date.parse(next.at) : Math.min(to, Date.now());
    const ended = Math.min(until, begun + longest);
    const last = spans.at(-1);
    if (last?.state === state && last.to === begun) spans[spans.length - 1] = { ...last, to: ended };
    else spans.push({ state, from: begun, to: ended });
  }
  return spans;
}
