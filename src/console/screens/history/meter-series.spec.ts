import type { MeterJump, Reading } from '../../../protocol/readings';
import { drawnCounters, levelSeries, meterSeries, stateSpans } from './meter-series';

const AT = (day: number) => new Date(Date.UTC(2026, 2, day)).toISOString();
const reading = (day: number, counters: Reading['counters'], more: Partial<Reading> = {}): Reading => ({
  ...{ at: AT(day), state: 'idle', counters, levels: {}, ...more },
});
const jump = (day: number, before: number, after: number, offset: number | null): MeterJump => ({
  ...{ id: 'j', counter: 'impressions', at: AT(day), before, after, offset, reason: '', enteredBy: '' },
});
const counted = (readings: Reading[], jumps: MeterJump[] = []) =>
  meterSeries(readings, jumps).map(({ impressions }) => impressions);

describe('the series of a plot', () => {
  const [first, second, third] = [100, 150, 170].map((impressions, day) => reading(day + 1, { impressions }));
  it('begin at 0', () => expect(counted([first!, second!, third!])).toEqual([0, 50, 70]));
  it('have no value where the device did not answer', () =>
    expect(counted([first!, reading(2, null), third!])).toEqual([0, 70]));
  it.each([
    ['whose offset is not entered', null, [0, 0, 5]],
    ['by its offset', 120, [0, 20, 25]],
  ])('count over a jump %s', (_what, offset, values) => {
    const readings = [first!, reading(2, { impressions: 0 }), reading(3, { impressions: 5 })];
    expect(counted(readings, [jump(2, 100, 0, offset)])).toEqual(values);
  });
  it('do not fall, also without a jump', () =>
    expect(counted([first!, reading(2, { impressions: 90 })])).toEqual([0, 0]));
  it('have total, colour and functions in this order', () =>
    expect(drawnCounters([reading(1, { scans: 1, unusual: 2 }), reading(2, { impressions: 1 })])).toEqual([
      'impressions',
      'scans',
    ]));
  it('have the levels that are numbers', () =>
    expect(levelSeries([reading(1, {}, { levels: { a: 5, b: 'some', c: null } }), reading(2, {})])).toEqual([
      { at: Date.parse(AT(1)), a: 5 },
    ]));

  it('have the spans of states, with gaps where nothing is known', () => {
    const [from, to] = [Date.parse(AT(1)), Date.parse(AT(11))];
    const readings = [...[reading(1, {}), reading(2, {}), reading(3, {}, { state: 'stopped' }), reading(8, {})]];
    const hours = (at: number) => (at - from) / 3_600_000;
    const spans = stateSpans(readings, from, to).map((span) => [span.state, hours(span.from), hours(span.to)]);
    expect(spans).toEqual([
      ['idle', 0, 48],
      ['stopped', 48, 84],
      ['idle', 168, 204],
    ]);
  });
});
