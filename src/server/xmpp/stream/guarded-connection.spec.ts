import { ByteBudget } from './guarded-connection';

it('lets a burst through, then only what the rate allows', () => {
  let now = 0;
  const budget = new ByteBudget(1_000, 5_000, () => now);
  expect(budget.spend(5_000)).toBe(0);
  expect(budget.spend(500)).toBe(500);
  now += 500;
  expect(budget.spend(1_000)).toBe(1_000);
  now += 1_000_000;
  expect(budget.spend(5_000)).toBe(0);
  expect(budget.spend(1)).toBe(1);
});
