import { LIMITS } from '../../../protocol/limits';
import { LoginLimiter } from './login-limiter';

const ALLOWED = LIMITS.LOGIN_FAILURES_PER_ACCOUNT;
const WINDOW = LIMITS.LOGIN_WINDOW_MS;

describe('login limiter', () => {
  let now = 1_000_000;
  let limiter: LoginLimiter;
  beforeEach(() => (limiter = LoginLimiter.withClock(() => now)));
  const fail = (times: number, account = 'ada', address = '192.0.2.1') =>
    Array.from({ length: times }, () => limiter.take(account, address));

  it('admits a number of failures of an account, then states how long to wait', () => {
    expect(fail(ALLOWED)).toEqual(Array(ALLOWED).fill(0));
    now += 60_000;
    expect(limiter.take('ada', '192.0.2.2')).toBe((WINDOW - 60_000) / 1000);
    expect(limiter.take('bob', '192.0.2.1')).toBe(0);
  });

  it('admits an attempt when the oldest has left the window, even if refused attempts continue', () => {
    fail(1);
    now += 60_000;
    fail(ALLOWED - 1);
    for (let n = 0; n < 100; n += 1) expect(limiter.take('ada', '192.0.2.9')).toBeGreaterThan(0);
    now += WINDOW - 60_000;
    expect(limiter.take('ada', '192.0.2.1')).toBe(0);
    expect(limiter.take('ada', '192.0.2.1')).toBe(60);
  });

  it('does not let an attacker elsewhere lock the user out at a known address', () => {
    expect(limiter.take('ada', 'home')).toBe(0);
    limiter.succeeded('ada', 'home');
    fail(ALLOWED + 1, 'ada', 'attacker');
    expect(limiter.take('ada', 'elsewhere')).toBeGreaterThan(0);
    expect(fail(ALLOWED + 1, 'ada', 'home')).toEqual([...Array(ALLOWED).fill(0), WINDOW / 1000]);
  });

  it('forgets the failures of an address after a successful login', () => {
    fail(ALLOWED - 1);
    limiter.take('ada', 'home');
    limiter.succeeded('ada', 'home');
    expect(limiter.take('ada', '192.0.2.1')).toBe(0);
  });

  it('stores a bounded number of accounts', () => {
    fail(ALLOWED, 'first');
    for (let n = 0; n < 10_000; n += 1) limiter.take(`user-${n}`, 'x');
    expect(limiter.take('first', 'x')).toBe(0);
  });
});
