/** The longest time that setTimeout takes: with a longer one, it fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Bounds of the wait that a server asks for (Retry-After), and the wait where it gives none. */
export const RETRY_AFTER_SECONDS = { least: 1, most: 60, usual: 5 };

/** A wait for setTimeout: whole, not negative, and at most 24 days, after which the rest of a longer one is due. */
export const timerMs = (ms: number): number => Math.min(Math.max(Math.ceil(ms), 0), LONGEST_TIMER_MS);

/** `ms` times a random factor, so that peers that have lost the same server, for example, do not all return at once. */
export const jittered = (ms: number, { least, most }: { least: number; most: number }): number =>
  ms * (least + Math.random() * (most - least));

/** The time of Retry-After and up to a quarter more. */
export function retryAfterMs(seconds: number = RETRY_AFTER_SECONDS.usual): number {
  const bounded = Math.min(Math.max(seconds, RETRY_AFTER_SECONDS.least), RETRY_AFTER_SECONDS.most);
  return jittered(bounded * 1000, { least: 1, most: 1.25 });
}
