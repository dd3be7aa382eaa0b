import { daysOf, firstMail, followingMonth, mailedAt } from './report-months';

describe('the months of mailed reports', () => {
  it.each([
    [5, '2026-03-02T00:00:00Z', '2026-02-01', '2026-03-05T06:00:00.000Z'],
    [5, '2026-03-05T05:59:59Z', '2026-02-01', '2026-03-05T06:00:00.000Z'],
    [5, '2026-03-05T06:00:00Z', '2026-03-01', '2026-04-05T06:00:00.000Z'],
    [1, '2026-01-01T00:00:00Z', '2025-12-01', '2026-01-01T06:00:00.000Z'],
    [28, '2026-12-31T00:00:00Z', '2026-12-01', '2027-01-28T06:00:00.000Z'],
  ])('day %i, set at %s: first the report of %s, at %s', (day, now, month, at) => {
    const first = firstMail(day, new Date(now));
    expect([first.month.toISOString().slice(0, 10), first.nextAt.toISOString()]).toEqual([month, at]);
  });

  it('follow each other, and have their days', () => {
    const [december, january] = [new Date('2025-12-01'), followingMonth(new Date('2025-12-01'))];
    expect(daysOf(december)).toEqual({ from: '2025-12-01', to: '2025-12-31' });
    expect(daysOf(january)).toEqual({ from: '2026-01-01', to: '2026-01-31' });
    expect(daysOf(new Date('2028-02-01')).to).toBe('2028-02-29');
    expect(mailedAt(january, 3).toISOString()).toBe('2026-02-03T06:00:00.000Z');
  });
});
