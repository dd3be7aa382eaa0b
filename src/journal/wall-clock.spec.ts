import { wallClockMs } from './wall-clock';

/** The precision of either, and the rounding of a number that large. */
const AGREED_MS = 0.011;

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

  it('agrees with that of another program, however busy the machine was when either started', () => {
    jest.spyOn(performance, 'timeOrigin', 'get').mockReturnValue(performance.timeOrigin + 2);
    jest.isolateModules(() => {
      const { wallClockMs: its } = jest.requireActual<typeof import('./wall-clock')>('./wall-clock');
      for (let each = 0; each < 1_000; each++) {
        const [before, read, after] = [wallClockMs(), its(), wallClockMs()];
        expect(read).toBeGreaterThan(before - AGREED_MS);
        expect(read).toBeLessThan(after + AGREED_MS);
      }
    });
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
