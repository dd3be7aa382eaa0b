import { wallClockMs } from './wall-clock';

describe('the wall clock', () => {
  afterEach(() => jest.restoreAllMocks());

  it('reads milliseconds since the epoch', () => {
    const [before, read, after] = [Date.now(), wallClockMs(), Date.now()];
    expect(read).toBeGreaterThan(before - 3);
    expect(read).toBeLessThan(after + 4);
  });

  it('has microseconds, and never goes back', () => {
    const readings = Array.from({ length: 1_000 }, wallClockMs);
    expect(readings).toEqual([...readings].sort((a, b) => a - b));
    expect(new Set(readings).size).toBeGreaterThan(100);
  });

  it.each([
    ['forward, as after a suspension', 3_600_000],
    ['back', -3_600_000],
  ])('follows when it is set %s', (_, step) => {
    const real = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => real() + step);
    expect(Math.abs(wallClockMs() - step - real())).toBeLessThan(1_000);
  });
});
