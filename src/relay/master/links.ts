import type { RelayedSession } from '../../protocol/relay-rpc';
import type { SupervisedPair } from './supervised-pair';

/** One link, the pair that serves it, and that pair's last report. */
export interface LinkEntry {
  readonly pair: SupervisedPair;
  readonly trial: boolean;
  /** Missing for a trial. */
  readonly deviceId?: string;
  lastReport: RelayedSession;
}

/** The pair of each link (S63). */
export class Links {
  readonly #entries = new Map<string, LinkEntry>();

  get size(): number {
    return this.#entries.size;
  }

  get(linkId: string): LinkEntry | undefined {
    return this.#entries.get(linkId);
  }

  add(entry: LinkEntry): void {
    this.#entries.set(entry.lastReport.linkId, entry);
  }

  delete(linkId: string): void {
    this.#entries.delete(linkId);
  }

  at(pair: SupervisedPair): LinkEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.pair === pair);
  }
}
