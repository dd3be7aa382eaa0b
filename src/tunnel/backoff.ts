import { LIMITS } from '../protocol/limits';
import { jittered } from '../protocol/waits';

/**
 * Delays between attempts to reach a peer: exponential with full jitter, so that thousands of peers that lost the same
 * server do not reconnect at the same time.
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #tries = 0;

  constructor(options: { firstMs?: number; maxMs?: number } = {}) {
    this.#firstMs = options.firstMs ?? LIMITS.RETRY_FIRST_MS;
    this.#maxMs = options.maxMs ?? LIMITS.RETRY_MAX_MS;
  }

  /** Milliseconds until the next attempt: between 0 and a ceiling that doubles with every call. */
  next(): number {
    const ceiling = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#tries);
    // Not counted beyond the cap, so that the power stays finite.
    if (ceiling < this.#maxMs) this.#tries++;
    return jittered(ceiling, { least: 0, most: 1 });
  }

  /** Call it when the peer has been reached. */
  reset(): void {
    this.#tries = 0;
  }
}
