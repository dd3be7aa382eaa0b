import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks until there is something to see (not false, null or undefined), and gives it; fails after `ms` naming it. That
 * is long, for a machine that is busy: nobody waits for it but a test that fails.
 */
export async function until<T>(
  what: string,
  look: () => T | false | null | undefined | Promise<T | false | null | undefined>,
  ms = 30_000,
  everyMs = 5,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen != null) return seen;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for: ${what}`);
    await delay(everyMs);
  }
}
