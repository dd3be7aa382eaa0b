import type { DeviceInformation, InformationSource } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { bookingOf, type Earlier } from './booking';
import { forecastOf, type LevelAt } from './supply-forecast';
import { startOfDay, startOfMonth, superseded } from './thinning';

const AT = new Date('2026-03-02T12:00:00Z');
const daysAgo = (days: number) => new Date(AT.getTime() - days * 24 * 60 * 60_000);
const INFORMATION: DeviceInformation = {
  ...{ reached: true, problem: null, state: 'idle', alerts: [], supplies: [], counters: { impressions: 1_000 } },
  ...{ model: 'M', serialNumber: 'S', firmwareVersion: '1' },
};
const from = (source: InformationSource) => ({ impressions: source });
const EARLIER: Earlier = { counters: { impressions: 900 }, sources: from('snmp'), countedAt: daysAgo(1), open: [] };
const allowed = LIMITS.METER_JUMP_LEAST + 24 * 60 * LIMITS.METER_PER_MINUTE;
const toner = { name: 'Black', type: 'toner', colour: 'black' };

describe('a booking', () => {
  it.each<[what: string, counters: DeviceInformation['counters'], jumps: string[], earlier?: Partial<Earlier>]>([
    ['a counter that has counted', { impressions: 1_000 }, []],
    ['a counter that stands', { impressions: 900 }, []],
    ['a counter that went back', { impressions: 899 }, ['impressions 900 899']],
    ['a counter that went back to 0', { impressions: 0 }, ['impressions 900 0']],
    ['the most that a device counts in a day', { impressions: 900 + allowed }, []],
    ['more than a device counts', { impressions: 901 + allowed }, [`impressions 900 ${901 + allowed}`]],
    ['the first reading of a device', { impressions: 5_000_000 }, [], { counters: {}, countedAt: null }],
    ['a counter that is new', { copies: 5_000_000 }, []],
    ['one of two', { impressions: 950, copies: 1 }, ['copies 2 1'], { counters: { impressions: 900, copies: 2 } }],
  ])('of %s', (_what, counters, jumps, earlier = {}) => {
    const booking = bookingOf({ ...INFORMATION, counters }, { ...EARLIER, ...earlier }, AT);
    expect(booking.jumps.map(({ counter, before, after }) => `${counter} ${before} ${after}`)).toEqual(jumps);
    expect(booking.reading.counters).toEqual(counters);
  });

  it.each<[what: string, value: number, jumpedAgo: number, recovered: boolean]>([
    ['is what it was', 900, 1, true],
    ['is a little more', 950, 1, true],
    ['is far more', 50_000_000, 1, false],
    ['is still less', 899, 1, false],
    ['has passed it in time', 950, 3, false],
  ])('forgets that a counter went back if it %s', (_what, value, jumpedAgo, isRecovered) => {
    const open = [{ id: 'j', counter: 'impressions', at: daysAgo(jumpedAgo), before: 900, after: 3 }];
    const earlier = { ...EARLIER, counters: { impressions: 3 }, open };
    const { recovered, life } = bookingOf({ ...INFORMATION, counters: { impressions: value } }, earlier, AT);
    expect([recovered, life]).toEqual(isRecovered ? [['j'], 'recovered'] : [[], null]);
  });

  it.each<[what: string, before: InformationSource | null, after: InformationSource | null, isAsked: boolean]>([
    ['in SNMP', 'snmp', 'snmp', true],
    ['of the vendor, and is in SNMP now', 'vendor', 'snmp', true],
    ['in IPP, which may start again', 'ipp', 'ipp', false],
    ['in IPP, and was in SNMP', 'snmp', 'ipp', false],
    ['of an earlier agent', null, null, false],
  ])('says that a life counter went back %s', (_what, before, after, isAsked) => {
    const earlier = { ...EARLIER, sources: before ? from(before) : {} };
    const counters = { impressions: 3 };
    const now = { ...INFORMATION, counters, ...(after && { sources: { counters: from(after) } }) };
    expect(bookingOf(now, earlier, AT).life).toBe(isAsked ? 'back' : null);
  });

  it('has no counters of a device that did not answer', () => {
    const { reading, jumps } = bookingOf({ ...INFORMATION, reached: false, counters: { impressions: 0 } }, EARLIER, AT);
    expect([reading, jumps]).toEqual([{ state: 'not-reached', counters: null, levels: {} }, []]);
  });

  it('does not compare what another protocol counts while the usual one does not answer', () => {
    const unanswered = { protocol: 'snmp', code: 'unreachable', detail: '' } as const;
    const sources = { counters: from('ipp') };
    const known = { ...INFORMATION, counters: { impressions: 12 }, sources };
    expect(bookingOf({ ...known, unanswered }, EARLIER, AT)).toMatchObject({ jumps: [], reading: { counters: {} } });
    // the protocol was changed for good: what both count is not the same
    expect(bookingOf(known, EARLIER, AT).jumps).toHaveLength(1);
  });

  it('tells "some left", "not known" and a number apart, and supplies of the same name', () => {
    const supplies = [
      { ...toner, level: 40 },
      { ...toner, level: null, someLeft: true as const },
      { name: '', type: 'wasteToner', colour: '', level: null, receptacle: true as const },
    ];
    const booking = bookingOf({ ...INFORMATION, supplies }, EARLIER, AT);
    expect(booking.reading.levels).toEqual({ Black: 40, 'Black (2)': 'some', wasteToner: null });
    expect(booking.supplies[2]).toEqual({
      ...{ key: 'wasteToner', name: '', type: 'wasteToner', colour: '', receptacle: true },
    });
  });
});

describe('the forecast of a supply', () => {
  const levels = (...all: [daysAgo: number, level: LevelAt['level']][]): LevelAt[] =>
    all.map(([days, level]) => ({ at: daysAgo(days), level }));
  it.each<[what: string, levels: LevelAt[], days: number | null]>([
    ['of even use', levels([10, 60], [5, 50], [0, 40]), 20],
    ['since it was replaced', levels([20, 40], [11, 4], [10, 100], [0, 90]), 90],
    ['with a level that rises by rounding', levels([10, 60], [5, 61], [0, 40]), 20],
    ['of a device that is silent', levels([20, 60], [10, 40]), 10],
    ['that has been empty for long', levels([20, 60], [10, 0]), 0],
    ['of less than some days', levels([2, 60], [0, 40]), null],
    ['without use', levels([10, 60], [0, 60]), null],
    ['of less than the steps of a level', levels([10, 60], [0, 58]), null],
    ['without numbers', levels([10, 'some'], [0, null]), null],
    ['right after the replacement', levels([10, 60], [1, 5], [0, 100]), null],
    ['of nothing', [], null],
  ])('%s', (_what, given, days) => expect(forecastOf(given, AT)?.days ?? null).toBe(days));

  it('names the day', () =>
    expect(forecastOf(levels([10, 60], [0, 40]), AT)).toEqual({ at: '2026-03-22T12:00:00.000Z', days: 20, perDay: 2 }));
});

describe('thinning', () => {
  const at = (time: string, isCounted = true, enteredBy: string | null = null) => ({
    ...{ at: new Date(`2026-${time}:00Z`), isCounted, enteredBy },
  });
  const gone = (readings: ReturnType<typeof at>[], startOf: (of: Date) => Date) =>
    superseded(readings, startOf).map((each) => each.toISOString().slice(5, 16));

  it('leaves the last reading with counters of each day', () => {
    const readings = [
      ...[at('03-01T00:00'), at('03-01T08:00'), at('03-01T23:59', false), at('03-02T00:00')],
      ...[at('03-03T08:00', false), at('03-03T09:00', false)],
    ];
    expect(gone(readings, startOfDay)).toEqual(['03-01T00:00', '03-01T23:59', '03-03T08:00']);
  });
  it('leaves one of each month', () =>
    expect(gone([at('02-01T00:00'), at('02-28T10:00'), at('03-31T23:59')], startOfMonth)).toEqual(['02-01T00:00']));
  it('leaves what was entered by hand', () =>
    expect(gone([at('03-01T08:00'), at('03-01T09:00', true, 'Ada'), at('03-01T07:00')], startOfDay)).toEqual([
      '03-01T07:00',
    ]));
});
