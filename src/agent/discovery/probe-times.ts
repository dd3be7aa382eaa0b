import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { parseJson } from '../../protocol/parse-json';
import { readState, replaceDurably } from '../durable-file';

const FILE = 'probe-times.json';
/** By address: epoch milliseconds. */
const stored = z.object({ version: z.literal(1), probed: z.record(z.ipv4(), z.int().nonnegative()) });

/**
 * When each address was probed last, in the state folder: a probe may wake a sleeping device, so it is not repeated before
 * its interval is over, also after a restart. Times are of the time of day; one in the future counts as now.
 */
export class ProbeTimes {
  #probed = new Map<string, number>();

  constructor(
    private readonly folder: string,
    private readonly intervalMs: number,
    private readonly journal: Pick<Journal, 'warn'>,
    private readonly now: () => number = Date.now,
  ) {}

  /** Without a file that can be read, every address counts as probed now. @param addresses all that may be probed */
  async load(addresses: readonly string[]): Promise<void> {
    const text = await readState(this.#file).catch((error: Error) => error.message);
    const now = this.now();
    if (text === undefined) return;
    const { data } = stored.safeParse(parseJson(text));
    if (!data) {
      this.journal.warn('the times of the last probes cannot be read; the next ones are after the interval', {
        file: this.#file,
      });
      this.#probed = new Map(addresses.map((address) => [address, now]));
      return;
    }
    this.#probed = new Map(Object.entries(data.probed).map(([address, at]) => [address, Math.min(at, now)]));
  }

  /** Milliseconds until an address may be probed; 0: now. */
  waitMs(address: string): number {
    const last = this.#probed.get(address);
    return last === undefined ? 0 : Math.max(0, Math.min(last, this.now()) + this.intervalMs - this.now());
  }

  /** Before the probes. Rejects if it cannot be stored: then they must not be made. */
  async start(addresses: readonly string[]): Promise<void> {
    const now = this.now();
    for (const [address, at] of this.#probed) if (at + this.intervalMs <= now) this.#probed.delete(address);
    for (const address of addresses) this.#probed.set(address, now);
    await replaceDurably(this.#file, JSON.stringify({ version: 1, probed: Object.fromEntries(this.#probed) }));
  }

  get #file(): string {
    return join(this.folder, FILE);
  }
}
