import { jittered, retryAfterMs, timerMs } from './waits';

/** What a function returns for the lowest and for the highest random number. */
function bounds(wait: () => number): [number, number] {
  const random = jest.spyOn(Math, 'random');
  const [least, most] = [0, 1].map((value) => (random.mockReturnValue(value), wait()));
  random.mockRestore();
  return [least!, most!];
}

describe('a wait', () => {
  it.each([
    [1_500, 1_500],
    [0.2, 1],
    [-5, 0],
    [Infinity, 2 ** 31 - 1],
  ])('of %d ms is a timer of %d ms', (ms, timer) => {
    expect(timerMs(ms)).toBe(timer);
  });

  it('with jitter lies between the two factors', () => {
    expect(bounds(() => jittered(1_000, { least: 0.75, most: 1.25 }))).toEqual([750, 1_250]);
  });

  it.each([
    ['as long as the server asks for, and up to a quarter more', 20, [20_000, 25_000]],
    ['five seconds if the server names no time', undefined, [5_000, 6_250]],
    ['at least a second', 0, [1_000, 1_250]],
    ['at most a minute', 86_400, [60_000, 75_000]],
  ])('after Retry-After is %s', (_what, seconds, expected) => {
    expect(bounds(() => retryAfterMs(seconds))).toEqual(expected);
  });
});
