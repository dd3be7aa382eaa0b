import { LIMITS } from '../../../protocol/limits';
import { LoginThrottle, waitAfterMs } from './login-throttle';

const { LOGIN_FAILURES_FREE: FREE, LOGIN_WAIT_FIRST_MS, LOGIN_WAIT_MAX_MS, LOGIN_WINDOW_MS } = LIMITS;
const [FIRST, MOST] = [LOGIN_WAIT_FIRST_MS / 1000, LOGIN_WAIT_MAX_MS / 1000];

it.each([
  [0, false, 0],
  [FREE - 1, false, 0],
  [FREE, false, FIRST],
  [FREE + 1, false, FIRST * 2],
  [FREE + 3, false, FIRST * 8],
  [FREE + 50, false, MOST],
  [100_000, false, MOST],
  [0, true, 0],
  [1, true, MOST],
])('after %d failures at one place, many at all places: %s, the wait is %d s', (failures, many, seconds) => {
  expect(waitAfterMs(failures, many)).toBe(seconds * 1000);
});

describe('login throttle', () => {
  let now = 0;
  let throttle: LoginThrottle;
  beforeEach(() => {
    now = 1_000_000;
    throttle = LoginThrottle.withClock(() => now);
  });
  const fail = (times: number, account = 'ada', place = 'attacker') =>
    Array.from({ length: times }, () => throttle.begin(account, place));

  it('admits a few attempts at once, then each after a longer wait; refused ones do not prolong it', () => {
    expect(fail(FREE + 2)).toEqual([...Array<number>(FREE).fill(0), FIRST, FIRST]);
    now += FIRST * 1000 - 1;
    expect(fail(100)).toEqual(Array(100).fill(1));
    now += 1;
    expect(fail(2)).toEqual([0, FIRST * 2]);
  });

  it('never refuses for longer than LOGIN_WAIT_MAX_MS, however long an attack lasts', () => {
    for (let n = 0; n < 200; n += 1) {
      const wait = throttle.begin('ada', 'attacker');
      expect(wait).toBeLessThanOrEqual(MOST);
      now += wait * 1000;
    }
  });

  it('makes no other place and no other account wait', () => {
    fail(FREE + 1);
    expect([throttle.begin('ada', 'home'), throttle.begin('bob', 'attacker')]).toEqual([0, 0]);
  });

  it('still admits a place that has not failed when very many places have', () => {
    for (let n = 0; n <= LIMITS.LOGIN_FAILURES_FROM_ALL_PLACES; n += 1) fail(1, 'ada', `attacker ${n}`);
    expect([throttle.begin('ada', 'home'), throttle.begin('ada', 'home')]).toEqual([0, MOST]);
  });

  it('forgets failures after a success, and LOGIN_WINDOW_MS after the last one', () => {
    fail(FREE - 1);
    expect(throttle.begin('ada', 'attacker')).toBe(0);
    throttle.succeeded('ada', 'attacker');
    expect(fail(FREE)).toEqual(Array(FREE).fill(0));
    now += LOGIN_WINDOW_MS;
    expect(fail(FREE)).toEqual(Array(FREE).fill(0));
  });

  it('does not count an attempt whose password was not checked', () => {
    for (let n = 0; n < FREE * 3; n += 1) {
      expect(throttle.begin('ada', 'home')).toBe(0);
      throttle.abandoned('ada', 'home');
    }
  });

  it('uses bounded memory', () => {
    fail(FREE, 'first');
    for (let n = 0; n < LIMITS.LOGIN_WATCHED; n += 1) throttle.begin(`user ${n}`, 'x');
    expect(throttle.begin('first', 'attacker')).toBe(0);
  });
});
