import type { RelayedSession } from '../../protocol/relay-rpc';
import type { SupervisedPair } from './supervised-pair';

/** One link, the pair that serves it, and what that pair last said of it. */
export interface PlacedAt {
  readonly pair: SupervisedPair;
  readonly trial: boolean;
  known: RelayedSession;
}

/** Which pair serves which link (S63). */
export class Links {
  readonly #entries = new Map<string, PlacedAt>();

  get size(): number {
    return this.#entries.size;
  }

  get(linkId: string): PlacedAt | undefined {
    return this.#entries.get(linkId);
  }

  add(entry: PlacedAt): void {
    this.#entries.set(entry.known.linkId, entry);
  }

  delete(linkId: string): void {
    this.#entries.delete(linkId);
  }

  at(pair: SupervisedPair): PlacedAt[] {
    return [...this.#entries.values()].filter((entry) => entry.pair === pair);
  }
}
