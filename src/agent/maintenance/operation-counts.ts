import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { operation, type Operation } from '../../protocol/maintenance';
import { deviceId } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { readState, replaceDurably } from '../durable-file';

const FILE = 'maintenance-starts.json';
const HOUR_MS = 60 * 60_000;

/** `at`: epoch milliseconds of the local clock. */
const start = z.object({ deviceId, operation, at: z.number() });
const stored = z.object({ starts: z.array(start) });

/** Counts the starts of operations within the last hour. They are on disk before an operation starts, so that no restart resets them. */
export class OperationCounts {
  readonly #file: string;
  #starts: readonly z.infer<typeof start>[] = [];
  /** One write after the other. */
  #writing: Promise<void> = Promise.resolve();

  constructor(
    folder: string,
    private readonly journal: Journal,
    private readonly timeOfDay: () => number = Date.now,
  ) {
    this.#file = join(folder, FILE);
  }

  async load(): Promise<void> {
    const text = await readState(this.#file);
    const known = text === undefined ? { starts: [] } : stored.safeParse(parseJson(text)).data;
    if (known) this.#starts = known.starts;
    else this.journal.error('the counted operations cannot be read; counting starts again', { file: this.#file });
  }

  recent(device: string, name: Operation): number {
    this.#prune();
    return this.#starts.filter((each) => each.deviceId === device && each.operation === name).length;
  }

  /** Counts a start at once; resolves when it is on disk. @throws the error of the file system */
  count(device: string, name: Operation): Promise<void> {
    this.#prune();
    this.#starts = [...this.#starts, { deviceId: device, operation: name, at: this.timeOfDay() }];
    const written = this.#writing.then(() => replaceDurably(this.#file, JSON.stringify({ starts: this.#starts })));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** A start that a clock set back has put into the future counts from now. */
  #prune(): void {
    const now = this.timeOfDay();
    this.#starts = this.#starts
      .filter(({ at }) => at > now - HOUR_MS)
      .map((each) => (each.at > now ? { ...each, at: now } : each));
  }
}
