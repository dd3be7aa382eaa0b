import { setTimeout as delay } from 'node:timers/promises';

/** The longest pause between two looks: the API limits the requests of a user per minute. */
const MOST_MS = 250;

/**
 * Polls until `look` gives something (not false, null or undefined), and returns it; fails after `ms`, naming it. That is
 * long enough for a busy machine; only a failing test waits for it. The pauses grow: what takes long is asked for less.
 */
export async function until<T>(
  what: string,
  look: () => T | false | null | undefined | Promise<T | false | null | undefined>,
  ms = 90_000,
  everyMs = 5,
): Promise<T> {
  const end = Date.now() + ms;
  let pauseMs = everyMs;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen != null) return seen;
    if (Date.now() > end) throw new Error(`waited ${ms} ms without success for: ${what}`);
    await delay(pauseMs);
    pauseMs = Math.max(everyMs, Math.min(pauseMs * 1.1, MOST_MS));
  }
}
