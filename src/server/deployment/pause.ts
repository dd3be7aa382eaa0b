import { setTimeout as delay } from 'node:timers/promises';

/** Between two looks at something that does not tell by itself. */
export const LOOK_MS = 250;

/** Waits before the next look. @throws AbortError */
export const pause = (signal: AbortSignal, ms = LOOK_MS): Promise<void> => delay(ms, undefined, { signal });
