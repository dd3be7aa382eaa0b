import { LIMITS } from '../../protocol/limits';
import { networkOf } from '../../tunnel/network-of';
import { PageProblem } from '../panel/page-http';

/**
 * Wrong tries of each address: pairing codes, unknown phones and passkeys. An address is refused for the rest of a
 * window, and no other one is; PINs are counted for each phone instead.
 */
export class AddressTries {
  readonly #watched = new Map<string, { tries: number; until: number }>();

  /** @param now `performance.now` */
  constructor(private readonly now: () => number) {}

  /** Counts a try as wrong until `right` says otherwise. @throws PageProblem too-many-requests */
  begin(address: string): { right(): void } {
    const network = networkOf(address);
    let entry = this.#watched.get(network);
    if (!entry || entry.until <= this.now()) {
      entry = { tries: 0, until: this.now() + LIMITS.APPROVER_TRIES_WINDOW_MS };
      this.#watched.delete(network);
      this.#watched.set(network, entry);
      this.#forgetOldest();
    }
    if (entry.tries >= LIMITS.APPROVER_TRIES_PER_ADDRESS)
      throw tooMany('too many wrong tries from this address', entry.until - this.now());
    const counted = entry;
    counted.tries += 1;
    return { right: () => void (counted.tries -= 1) };
  }

  #forgetOldest(): void {
    for (const network of this.#watched.keys()) {
      if (this.#watched.size <= LIMITS.APPROVER_WATCHED_ADDRESSES) return;
      this.#watched.delete(network);
    }
  }
}

/** Wrong PINs of one phone: how long it has to wait after so many. */
export function pinWaitMs(wrongPins: number): number {
  const beyond = wrongPins - LIMITS.PIN_TRIES;
  if (beyond < 0) return 0;
  return Math.min(LIMITS.PIN_WAIT_FIRST_MS * 2 ** beyond, LIMITS.PIN_WAIT_MAX_MS);
}

export function tooMany(detail: string, waitMs: number): PageProblem {
  return new PageProblem(429, 'too-many-requests', detail, Math.max(1, Math.ceil(waitMs / 1000)));
}
