import { setTimeout as delay } from 'node:timers/promises';
import { LIMITS } from '../../protocol/limits';

/** Waits before the next poll. @throws AbortError */
export const pause = (signal: AbortSignal, ms: number = LIMITS.DEPLOYMENT_POLL_MS): Promise<void> =>
  delay(ms, undefined, { signal });
