import { availableParallelism } from 'node:os';
import type { ByteCounts, RelayLoad } from '../../protocol/relay-rpc';

/** What all processes of the relay use now, since they started. */
export interface Resources {
  readonly residentBytes: number;
  readonly cpuMicros: number;
}

/** Measures the load of the relay between two reports. */
export class LoadMeter {
  /** Tunnel bytes of each link so far, as its pair has counted them. */
  readonly #counted = new Map<string, number>();
  #bytes = 0;
  #earlier: { readonly at: number; readonly cpuMicros: number } | undefined;

  constructor(private readonly cores = availableParallelism()) {}

  /** Notes counts that a pair has reported. */
  count(counts: readonly ByteCounts[]): void {
    for (const { linkId, bytesFromDevice, bytesFromTerminal } of counts) {
      const total = bytesFromDevice + bytesFromTerminal;
      this.#bytes += Math.max(0, total - (this.#counted.get(linkId) ?? 0));
      this.#counted.set(linkId, total);
    }
  }

  /** The link is over. */
  forget(linkId: string): void {
    this.#counted.delete(linkId);
  }

  /**
   * The load since the last call; at the first call nothing is known about bytes and processors.
   * @param now milliseconds of a clock that is not set
   */
  measure({ residentBytes, cpuMicros }: Resources, now = performance.now()) {
    const earlier = this.#earlier ?? { at: now, cpuMicros };
    const ms = now - earlier.at;
    const bytes = this.#bytes;
    this.#earlier = { at: now, cpuMicros };
    this.#bytes = 0;
    // a pair that was started again counts from 0
    const used = Math.max(0, cpuMicros - earlier.cpuMicros);
    return {
      residentBytes,
      bytesPerSecond: ms > 0 ? Math.round((bytes * 1000) / ms) : 0,
      cpuShare: ms > 0 ? Math.min(1, used / (ms * 1000 * this.cores)) : 0,
    } satisfies Partial<RelayLoad>;
  }
}
