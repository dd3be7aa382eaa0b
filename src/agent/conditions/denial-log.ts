import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { reportedDenial, type ReportedDenial } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { deviceId } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { readState, replaceDurably } from '../durable-file';

const FILE = 'access-denials.json';
/** Stored denials per agent; a report that could not be sent waits among them. */
export const DENIALS_KEPT = 200;
/** Equal denials within this time are counted as one. */
const SAME_MS = 60_000;
const WRITE_MS = 1_000;

const storedDenial = reportedDenial.extend({ deviceId, reported: z.boolean() });
export type StoredDenial = z.infer<typeof storedDenial>;
const stored = z.object({ version: z.literal(1), denials: z.array(storedDenial) });

export type DeniedAccess = Omit<ReportedDenial, 'at' | 'count'> & { readonly deviceId: string };

/** The latest denied accesses, for the pages of the agent, the display and the server; a file in the state folder. */
export class DenialLog {
  readonly #file: string;
  /** Oldest first. */
  #denials: readonly StoredDenial[] = [];
  #writing: Promise<void> | undefined;
  #unwritten = false;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<(deviceId: string) => void>();

  constructor(
    folder: string,
    private readonly journal: Journal,
  ) {
    this.#file = join(folder, FILE);
  }

  /** A file that cannot be read counts as empty. */
  async load(): Promise<void> {
    const text = await readState(this.#file).catch((error: Error) => error.message);
    if (text === undefined) return;
    const { data } = stored.safeParse(parseJson(text));
    if (!data) this.journal.warn('the stored denials cannot be read', { file: this.#file });
    this.#denials = (data?.denials ?? []).slice(-DENIALS_KEPT);
  }

  onChange(listener: (deviceId: string) => void): void {
    this.#listeners.add(listener);
  }

  add(denied: DeniedAccess, at: number): void {
    const last = this.#denials.findLast(({ deviceId }) => deviceId === denied.deviceId);
    if (last && keyOf(last) === keyOf(denied) && at - Date.parse(last.at) < SAME_MS) {
      const more = { ...last, count: last.count + 1, reported: false };
      this.#denials = this.#denials.map((each) => (each === last ? more : each));
    } else {
      const denial = { ...denied, at: new Date(at).toISOString(), count: 1, reported: false };
      this.#denials = bounded([...this.#denials, denial]);
    }
    this.#changed(denied.deviceId);
  }

  /** Newest first. */
  latest(count: number): readonly StoredDenial[] {
    return this.#denials.slice(-count).reverse();
  }

  /** The oldest that have not been reported, as many as one report holds. */
  unreported(deviceId: string): readonly StoredDenial[] {
    return this.#denials
      .filter((each) => each.deviceId === deviceId && !each.reported)
      .slice(0, LIMITS.DENIALS_PER_REPORT);
  }

  /** A denial that was counted again meanwhile is reported again. */
  setReported(reported: readonly StoredDenial[]): void {
    this.#denials = this.#denials.map((each) => (reported.includes(each) ? { ...each, reported: true } : each));
    this.#write();
  }

  /** Resolves when everything is on disk. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
  }

  #changed(deviceId: string): void {
    this.#write();
    for (const listener of this.#listeners) listener(deviceId);
  }

  /** At most one write per second, however many requests are denied. */
  #write(): void {
    this.#unwritten = true;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  async #writeAll(): Promise<void> {
    while (this.#unwritten) {
      await delay(WRITE_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      this.#unwritten = false;
      await replaceDurably(this.#file, JSON.stringify({ version: 1, denials: this.#denials })).catch((error: Error) =>
        this.journal.warn('the denials could not be stored', { detail: error.message }),
      );
    }
  }
}

const keyOf = ({ remoteSessionId, asker, what, reason }: DeniedAccess): string =>
  JSON.stringify([remoteSessionId, asker.kind, asker.id, what, reason]);

/** Without the oldest that was reported, or without the oldest, if there are too many. */
function bounded(denials: readonly StoredDenial[]): readonly StoredDenial[] {
  if (denials.length <= DENIALS_KEPT) return denials;
  const least = Math.max(
    0,
    denials.findIndex(({ reported }) => reported),
  );
  return denials.toSpliced(least, 1);
}
