import { LIMITS } from '../../protocol/limits';
import { LoginLimiter } from './login-limiter';

const ALLOWED = LIMITS.LOGIN_FAILURES_PER_ACCOUNT;
const WINDOW = LIMITS.LOGIN_WINDOW_MS;

describe('login limiter', () => {
  let now = 1_000_000;
  let limiter: LoginLimiter;
  beforeEach(() => (limiter = LoginLimiter.withClock(() => now)));
  const fail = (times: number, account = 'ada', address = '192.0.2.1') =>
    Array.from({ length: times }, () => limiter.take(account, address));

  it('lets an account fail a number of times and then says how long to wait', () => {
    expect(fail(ALLOWED)).toEqual(Array(ALLOWED).fill(0));
    now += 60_000;
    expect(limiter.take('ada', '192.0.2.2')).toBe((WINDOW - 60_000) / 1000);
    expect(limiter.take('bob', '192.0.2.1')).toBe(0);
  });

  it('frees an attempt when the oldest has left the window, however often it is asked meanwhile', () => {
    fail(1);
    now += 60_000;
    fail(ALLOWED - 1);
    for (let n = 0; n < 100; n += 1) expect(limiter.take('ada', '192.0.2.9')).toBeGreaterThan(0);
    now += WINDOW - 60_000;
    expect(limiter.take('ada', '192.0.2.1')).toBe(0);
    expect(limiter.take('ada', '192.0.2.1')).toBe(60);
  });

  it('does not let strangers keep the owner out of a place known before', () => {
    expect(limiter.take('ada', 'home')).toBe(0);
    limiter.succeeded('ada', 'home');
    fail(ALLOWED + 1, 'ada', 'stranger');
    expect(limiter.take('ada', 'elsewhere')).toBeGreaterThan(0);
    expect(fail(ALLOWED + 1, 'ada', 'home')).toEqual([...Array(ALLOWED).fill(0), WINDOW / 1000]);
  });

  it('forgets the failures of a place when its login succeeds', () => {
    fail(ALLOWED - 1);
    limiter.take('ada', 'home');
    limiter.succeeded('ada', 'home');
    expect(limiter.take('ada', '192.0.2.1')).toBe(0);
  });

  it('holds a bounded number of accounts', () => {
    fail(ALLOWED, 'first');
    for (let n = 0; n < 10_000; n += 1) limiter.take(`user-${n}`, 'x');
    expect(limiter.take('first', 'x')).toBe(0);
  });
});
