import { LIMITS } from '../protocol/limits';

/**
 * Waiting times between tries to reach a peer: exponential with full jitter, so that thousands of peers that lost
 * the same server do not come back in step.
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #tries = 0;

  constructor(options: { firstMs?: number; maxMs?: number } = {}) {
    this.#firstMs = options.firstMs ?? LIMITS.RETRY_FIRST_MS;
    this.#maxMs = options.maxMs ?? LIMITS.RETRY_MAX_MS;
  }

  /** Milliseconds to wait before the next try: between 0 and a ceiling that doubles with every call. */
  next(): number {
    const ceiling = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#tries);
    // Beyond the cap a further doubling changes nothing; stopping here keeps the power finite.
    if (ceiling < this.#maxMs) this.#tries++;
    return Math.random() * ceiling;
  }

  /** To be called once the peer has been reached. */
  reset(): void {
    this.#tries = 0;
  }
}
