import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../../protocol/limits';

interface Failures {
  count: number;
  lastAt: number;
  /** When the next attempt is admitted. */
  nextAt: number;
}

/** @param failures of one account from one place @param many whether there were many from other places, too */
export function waitAfterMs(failures: number, many: boolean): number {
  if (failures > 0 && many) return LIMITS.LOGIN_WAIT_MAX_MS;
  const beyond = failures - LIMITS.LOGIN_FAILURES_FREE;
  return beyond < 0 ? 0 : Math.min(LIMITS.LOGIN_WAIT_FIRST_MS * 2 ** beyond, LIMITS.LOGIN_WAIT_MAX_MS);
}

/**
 * Slows down guesses at a password: after a few failures, each attempt at an account from one place has to wait longer than
 * the one before. A place is a network, or a browser that has logged in to the account before. Nothing that fails at one
 * place makes another wait, so that an attacker cannot hold the user out. After many failures from all places together, a
 * place that has failed waits for the longest time, and one that has not is still admitted.
 */
@Injectable()
export class LoginThrottle {
  private readonly places = new Map<string, Failures>();
  private readonly accounts = new Map<string, Failures>();
  private now: () => number = () => performance.now();

  /** @param now `performance.now` */
  static withClock(now: () => number): LoginThrottle {
    const throttle = new LoginThrottle();
    throttle.now = now;
    return throttle;
  }

  /**
   * Counts an attempt as failed before its password is checked, so that parallel attempts are counted, too.
   * @returns seconds to wait before the next attempt; 0: this one is admitted
   */
  begin(account: string, place: string): number {
    const now = this.now();
    const here = failuresIn(this.places, keyOf(account, place), now);
    if (here.nextAt > now) return Math.ceil((here.nextAt - now) / 1000);
    const all = failuresIn(this.accounts, account, now);
    for (const each of [here, all]) Object.assign(each, { count: each.count + 1, lastAt: now });
    here.nextAt = now + waitAfterMs(here.count, all.count > LIMITS.LOGIN_FAILURES_FROM_ALL_PLACES);
    return 0;
  }

  /** Recent failures of an account from all places. */
  failuresOf(account: string): number {
    return this.accounts.get(account)?.count ?? 0;
  }

  /** The password was right. */
  succeeded(account: string, place: string): void {
    this.forgive(account, place, Infinity);
  }

  /** The password was not checked. */
  abandoned(account: string, place: string): void {
    this.forgive(account, place, 1);
  }

  private forgive(account: string, place: string, most: number): void {
    const here = this.places.get(keyOf(account, place));
    if (!here) return;
    const forgiven = Math.min(here.count, most);
    here.count -= forgiven;
    here.nextAt = 0;
    if (here.count === 0) this.places.delete(keyOf(account, place));
    const all = this.accounts.get(account);
    if (all && (all.count -= forgiven) <= 0) this.accounts.delete(account);
  }
}

/** Network addresses and IDs contain no line break. */
const keyOf = (account: string, place: string): string => `${place}\n${account}`;

/** Failures are forgotten when the last one is LOGIN_WINDOW_MS ago. Maps keep the order of insertion. */
function failuresIn(map: Map<string, Failures>, key: string, now: number): Failures {
  const known = map.get(key);
  map.delete(key);
  const isRecent = known && now - known.lastAt < LIMITS.LOGIN_WINDOW_MS;
  const failures = isRecent ? known : { count: 0, lastAt: now, nextAt: 0 };
  map.set(key, failures);
  for (const oldest of map.keys()) {
    if (map.size <= LIMITS.LOGIN_WATCHED) break;
    map.delete(oldest);
  }
  return failures;
}
