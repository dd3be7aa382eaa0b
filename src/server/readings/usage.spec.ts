import { DAY_MS } from './thinning';
import { usageOf, type CountedAt } from './usage';

const NOW = new Date('2026-03-31T12:00:00Z');
/** Points at midnight before each day, from the pages of the days, of which the last one is yesterday; and now. */
function counted(pages: readonly number[], today = 0): CountedAt[] {
  const first = Date.parse('2026-03-31T00:00:00Z') - pages.length * DAY_MS;
  const points: CountedAt[] = [{ at: first, counted: 0 }];
  for (const [index, more] of pages.entries())
    points.push({ at: first + (index + 1) * DAY_MS, counted: points.at(-1)!.counted + more });
  return [...points, { at: NOW.getTime(), counted: points.at(-1)!.counted + today }];
}
const days = (count: number, pages: (day: number) => number) => Array.from({ length: count }, (_, day) => pages(day));
/** Nothing is printed on two days of the week. */
const working = (count: number) => days(count, (day) => (day % 7 < 5 ? 100 : 0));

describe('the usage of a device', () => {
  it.each<[what: string, points: CountedAt[]]>([
    ['of no reading', []],
    ['of less than two weeks', counted(days(14, () => 100))],
    ['of few days on which it printed', counted(days(30, (day) => (day < 6 ? 100 : 0)))],
  ])('%s is not known', (_what, points) => expect(usageOf(points, NOW)).toBeNull());

  it('is that of the days on which it printed, whatever a single one was', () => {
    const pages = working(60).map((each, day) => (day === 20 ? 90_000 : each));
    expect(usageOf(counted(pages, 30), NOW)).toMatchObject({ usual: 100, spread: 0 });
  });
  it('has the deviation of such days', () =>
    expect(usageOf(counted(days(31, (day) => 100 + 10 * (day % 3))), NOW)).toMatchObject({
      ...{ usual: 110, spread: 1.4826 * 10 },
    }));
  it.each([
    ['today', 0, 700, 700],
    ['yesterday', 800, 700, 800],
  ])('has what was printed %s apart', (_what, yesterday, today, lately) =>
    expect(usageOf(counted([...working(35), yesterday], today), NOW)).toMatchObject({ usual: 100, lately }),
  );
  it('spreads a time without readings evenly', () => {
    const pages = counted(days(40, () => 100));
    // nothing was read for ten days, which end today
    const points = [...pages.slice(0, 31), pages.at(-1)!];
    const { usual, lately } = usageOf(points, NOW)!;
    expect([usual, lately]).toEqual([100, Math.round(1_000 / 10.5)]);
  });
  it('knows since when the counter has stood still, and how often it counted before', () =>
    expect(usageOf(counted([...working(35), ...days(9, () => 0)]), NOW)).toMatchObject({
      ...{ stillSince: new Date('2026-03-20T00:00:00Z'), stillDays: 11, printedBefore: 20 },
    }));
});
