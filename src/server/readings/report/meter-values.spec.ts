import { metersOf, type AroundPeriod } from './meter-values';

const day = (text: string) => new Date(`2026-${text}T00:00:00Z`);
const NOW = day('06-01');
const reading = (at: string, impressions: number, enteredBy: string | null = null) => ({
  ...{ at: day(at), counters: { impressions }, enteredBy },
});
const MARCH: AroundPeriod = {
  ...{ from: day('03-01'), to: day('04-01') },
  beforeFrom: reading('03-01', 1_000),
  afterFrom: reading('03-02', 1_010),
  beforeTo: reading('04-01', 1_300),
  afterTo: reading('04-02', 1_310),
  ...{ jumps: [], isOver: false },
};
const jump = (at: string, offset: number | null) => ({ counter: 'impressions', at: day(at), offset });

describe('a meter in a period', () => {
  it.each<[what: string, around: Partial<AroundPeriod>, text: string]>([
    ['read at both ends', {}, 'read 1000, read 1300: 300'],
    ['read a day before its end', { beforeTo: reading('03-31', 1_290) }, 'read 1000, read 1290: 290'],
    [
      'without a reading near its end: on the line to the next one',
      { beforeTo: reading('03-22', 1_200), afterTo: reading('04-11', 1_400) },
      'read 1000, estimated 1300: 300',
    ],
    [
      'without a reading near its beginning',
      { beforeFrom: reading('02-19', 900), afterFrom: reading('03-11', 1_100) },
      'estimated 1000, read 1300: 300',
    ],
    [
      'of a device that was read first within it',
      { beforeFrom: undefined, afterFrom: reading('03-11', 1_100) },
      'read 1100, read 1300: 200',
    ],
    [
      'of a device that has been silent since: the line is continued',
      { beforeTo: reading('03-22', 1_210), afterTo: undefined },
      'read 1000, estimated 1310: 310',
    ],
    [
      'of a device that is silent, and was read for some days only',
      { beforeTo: reading('03-05', 1_040), afterTo: undefined },
      'read 1000, read 1040: 40',
    ],
    [
      'of a device that was removed: as it was last',
      { beforeTo: reading('03-22', 1_210), afterTo: undefined, isOver: true },
      'read 1000, read 1210: 210',
    ],
    ['entered by hand', { beforeTo: reading('04-01', 1_250, 'Ada') }, 'read 1000, entered 1250: 250'],
    [
      'of a device that was silent all the time',
      { afterFrom: undefined, beforeFrom: reading('02-10', 900), beforeTo: reading('02-10', 900), afterTo: undefined },
      'read 900, read 900: no-reading',
    ],
    ['that jumped', { jumps: [jump('03-10', null)] }, 'read 1000, read 1300: jump'],
    ['that jumped, with its offset', { jumps: [jump('03-10', 700)] }, 'read 1000, read 1300: 1000'],
    ['that jumped before', { jumps: [jump('02-28', null)] }, 'read 1000, read 1300: 300'],
    ['that jumped after', { jumps: [jump('04-02', null)] }, 'read 1000, read 1300: 300'],
    [
      'of another counter that jumped',
      { jumps: [{ ...jump('03-10', null), counter: 'scans' }] },
      'read 1000, read 1300: 300',
    ],
    ['that is less at its end', { beforeTo: reading('04-01', 900, 'Ada') }, 'read 1000, entered 900: decreased'],
    [
      'whose line to the next reading would cross a jump',
      { beforeTo: reading('03-05', 1_200), afterTo: reading('04-11', 3), jumps: [jump('04-05', null)] },
      'read 1000, read 1200: 200',
    ],
  ])('%s', (_what, around, text) => {
    const [meter] = metersOf({ ...MARCH, ...around }, NOW);
    const { first, last, volume, problem } = meter!;
    expect(`${first?.origin} ${first?.value}, ${last?.origin} ${last?.value}: ${problem ?? volume}`).toBe(text);
  });

  it('is not estimated beyond now', () => {
    const around = { ...MARCH, to: day('07-01'), beforeTo: reading('05-28', 2_000), afterTo: undefined };
    expect(metersOf(around, NOW)[0]).toMatchObject({ last: { value: 2_000, origin: 'read' }, volume: 1_000 });
  });

  it('ends where the next period begins, also if it is estimated', () => {
    const [before, after] = [reading('03-22', 1_200), reading('04-11', 1_400)];
    const march = metersOf({ ...MARCH, beforeTo: before, afterTo: after }, NOW)[0];
    const april = metersOf(
      { ...MARCH, from: day('04-01'), to: day('05-01'), beforeFrom: before, afterFrom: after },
      NOW,
    )[0];
    expect(april!.first).toEqual(march!.last);
  });

  it('is one of each counter, also of one that came later', () => {
    const more = { ...MARCH, beforeTo: { ...MARCH.beforeTo!, counters: { impressions: 1_300, scans: 5 } } };
    expect(metersOf(more, NOW)).toMatchObject([
      { counter: 'impressions', volume: 300 },
      { counter: 'scans', first: null, volume: null, problem: 'no-reading' },
    ]);
  });

  it('without any reading, there is none', () =>
    expect(
      metersOf({ ...MARCH, beforeFrom: undefined, afterFrom: undefined, beforeTo: undefined, afterTo: undefined }, NOW),
    ).toEqual([]));
});
