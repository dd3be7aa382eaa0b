import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { remoteSessionId } from '../../protocol/control-channel';
import { applicationId, deviceId, instant } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { ending, grant } from '../../protocol/remote-session';
import { readState } from '../durable-file';
import type { EndedSession } from './agent-session';

const FILE = 'ended-sessions.jsonl';
/** Stored sessions per device. */
export const ENDED_KEPT = 20;
/** The file is rewritten when it has this many obsolete lines. */
const SPARE_LINES = 200;

const line = z.object({
  remoteSessionId,
  deviceId,
  applicationId,
  userName: z.string(),
  reason: z.string(),
  /** Lines from before grants existed lack it. */
  grant: grant.nullable().default(null),
  ending,
  detail: z.string(),
  connectedAt: instant.nullable(),
  endedAt: instant,
});

/** The last sessions of each device, for the history of the panel; JSON lines in the state folder. */
export class EndedSessions {
  readonly #file: string;
  #kept: EndedSession[] = [];
  #lines = 0;
  /** One write after the other. */
  #writing: Promise<void> = Promise.resolve();

  constructor(
    folder: string,
    private readonly journal: Journal,
  ) {
    this.#file = join(folder, FILE);
  }

  /** Loads the file and skips lines that cannot be read. */
  async load(): Promise<void> {
    const text = (await readState(this.#file)) ?? '';
    const lines = text.split('\n').filter((each) => each !== '');
    this.#lines = lines.length;
    this.#kept = newestPerDevice(lines.flatMap(readLine));
  }

  /** Newest first. */
  latest(count: number): EndedSession[] {
    return this.#kept.slice(-count).reverse();
  }

  add(ended: EndedSession): void {
    this.#kept = newestPerDevice([...this.#kept, ended]);
    this.#writing = this.#writing
      .then(() => this.#write(ended))
      .catch((error: Error) => this.journal.warn('an ended session could not be stored', { detail: error.message }));
  }

  /** Resolves when all added sessions are on disk. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #write(ended: EndedSession): Promise<void> {
    if (this.#lines >= this.#kept.length + SPARE_LINES) return this.#rewrite();
    await appendFile(this.#file, `${JSON.stringify(ended)}\n`, { mode: 0o600 });
    this.#lines++;
  }

  async #rewrite(): Promise<void> {
    const kept = this.#kept;
    await writeFile(`${this.#file}.new`, kept.map((each) => `${JSON.stringify(each)}\n`).join(''), { mode: 0o600 });
    await rename(`${this.#file}.new`, this.#file);
    this.#lines = kept.length;
  }
}

function readLine(text: string): EndedSession[] {
  const { data } = line.safeParse(parseJson(text));
  return data ? [data] : [];
}

function newestPerDevice(all: EndedSession[]): EndedSession[] {
  const counts = new Map<string, number>();
  const newestFirst = all.toReversed().filter(({ deviceId: device }) => {
    const count = (counts.get(device) ?? 0) + 1;
    counts.set(device, count);
    return count <= ENDED_KEPT;
  });
  return newestFirst.reverse();
}
