import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until `look` gives something (not false, null or undefined), and returns it; fails after `ms`, naming it. That is
 * long enough for a busy machine; only a failing test waits for it.
 */
export async function until<T>(
  what: string,
  look: () => T | false | null | undefined | Promise<T | false | null | undefined>,
  ms = 90_000,
  everyMs = 5,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen != null) return seen;
    if (Date.now() > end) throw new Error(`waited ${ms} ms without success for: ${what}`);
    await delay(everyMs);
  }
}
