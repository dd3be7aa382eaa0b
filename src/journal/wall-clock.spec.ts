import { wallClockMs } from './wall-clock';

describe('the wall clock', () => {
  afterEach(() => jest.restoreAllMocks());

  it('reads milliseconds since the epoch', () => {
    const [before, read, after] = [Date.now(), wallClockMs(), Date.now()];
    expect(read).toBeGreaterThan(before - 4);
    expect(read).toBeLessThan(after + 4);
  });

  it('has microseconds, and does not go back', () => {
    const readings = Array.from({ length: 1_000 }, wallClockMs);
    expect(readings).toEqual([...readings].sort((a, b) => a - b));
    expect(new Set(readings.map((read) => read % 1)).size).toBeGreaterThan(100);
  });

  it.each([
    ['forward, as after a suspension', 3_600_000],
    ['back', -3_600_000],
  ])('follows when it is set %s', (_, step) => {
    const real = Date.now.bind(Date);
    const setClock = jest.spyOn(Date, 'now').mockImplementation(() => real() + step);
    expect(Math.abs(wallClockMs() - step - real())).toBeLessThan(60_000);
    setClock.mockRestore();
    expect(Math.abs(wallClockMs() - real())).toBeLessThan(60_000);
  });

  it('reads a clock that stands still', () => {
    jest.useFakeTimers({ now: 1_000 });
    expect(wallClockMs()).toBeCloseTo(1_000, 0);
    jest.useRealTimers();
  });
});
