import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../../protocol/limits';

const ENTRIES_MAX = 10_000;

/**
 * Limits the failed logins of one account. The window slides: an attempt is free again as soon as the oldest one has
 * left the window, even if refused attempts continue. An address from which the account has logged in before is counted
 * separately, so that an attacker elsewhere cannot lock the user out.
 */
@Injectable()
export class LoginLimiter {
  private readonly attempts = new Map<string, number[]>();
  private readonly known = new Set<string>();
  private now: () => number = Date.now;

  static withClock(now: () => number): LoginLimiter {
    const limiter = new LoginLimiter();
    limiter.now = now;
    return limiter;
  }

  /**
   * Counts an attempt before its password is checked, so that parallel attempts are counted, too.
   * @returns seconds to wait before the next attempt; 0: this one is admitted
   */
  take(account: string, address: string): number {
    const key = this.keyOf(account, address);
    const now = this.now();
    const recent = (this.attempts.get(key) ?? []).filter((at) => now - at < LIMITS.LOGIN_WINDOW_MS);
    if (recent.length >= LIMITS.LOGIN_FAILURES_PER_ACCOUNT)
      return Math.ceil((recent[0]! + LIMITS.LOGIN_WINDOW_MS - now) / 1000);
    this.attempts.delete(key);
    this.attempts.set(key, [...recent, now]);
    dropOldest(this.attempts);
    return 0;
  }

  succeeded(account: string, address: string): void {
    this.attempts.delete(this.keyOf(account, address));
    const origin = originOf(account, address);
    this.known.delete(origin);
    this.known.add(origin);
    dropOldest(this.known);
  }

  private keyOf(account: string, address: string): string {
    const origin = originOf(account, address);
    return this.known.has(origin) ? origin : account;
  }
}

const originOf = (account: string, address: string): string => `${account}\n${address}`;

/** Sets and maps keep the order of insertion. */
function dropOldest(entries: Map<string, unknown> | Set<string>): void {
  if (entries.size <= ENTRIES_MAX) return;
  for (const key of entries.keys()) {
    entries.delete(key);
    return;
  }
}
