import { constants } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { parseJson } from '../../protocol/parse-json';
import { withTimeLimit } from '../../tunnel/time-limit';
import { redacted, redactedLineOf, type RedactedLine } from './redaction';

const FILE = 'agent-log.jsonl';
/** What the file was before it was full. */
const EARLIER = 'agent-log.earlier.jsonl';
const FILE_BYTES = LIMITS.LOG_STORED_BYTES / 2;
/** Lines of one write; with it, a file does not get longer than it may. */
const LINES_AT_ONCE = 32;
const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * The last lines of this agent's log in two private files of its state folder, so that they are there after a restart. A line is
 * with the operating system as soon as the write before it is done; the agent waits for none. Lines that cannot be stored are
 * dropped, and what was stored before remains.
 */
export class LogStore {
  #pending: string[] = [];
  #writing: Promise<void> | undefined;
  /** The last line may be incomplete: the agent was killed, or the disk was full. */
  #isTorn = true;
  #isReported = false;

  constructor(
    private readonly folder: string,
    private readonly journal: Journal,
  ) {}

  /** Lines of earlier runs, oldest first, without those that cannot be read. Never rejects. */
  async load(): Promise<RedactedLine[]> {
    const files = [await this.#linesIn(EARLIER), await this.#linesIn(FILE)];
    return files.flat().slice(-LIMITS.LOG_LINES_KEPT);
  }

  append(line: RedactedLine): void {
    this.#pending.push(`${JSON.stringify(line)}\n`);
    // the disk does not answer
    if (this.#pending.length > LIMITS.LOG_LINES_KEPT) this.#pending.shift();
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Resolves when all lines are written, and after LOG_CLOSE_MS in any case. */
  async close(): Promise<void> {
    const late = () => new Error('the disk does not answer');
    await withTimeLimit(LIMITS.LOG_CLOSE_MS, undefined, () => this.#writing ?? Promise.resolve(), late).catch(
      () => undefined,
    );
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const text = this.#pending.splice(0, LINES_AT_ONCE).join('');
      await this.#add(text).catch((error: NodeJS.ErrnoException) => {
        this.#isTorn = true;
        this.#failed('the log cannot be stored; what logs-read reads ends with this run', error);
      });
    }
  }

  async #add(text: string): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const path = join(this.folder, FILE);
    let file = await this.#openToAppend(path);
    try {
      if ((await file.stat()).size + Buffer.byteLength(text) >= FILE_BYTES) {
        await file.close();
        await rename(path, join(this.folder, EARLIER));
        file = await this.#openToAppend(path);
      }
      await file.writeFile(this.#isTorn ? `\n${text}` : text);
      this.#isTorn = false;
    } finally {
      await file.close();
    }
  }

  async #openToAppend(path: string): Promise<FileHandle> {
    const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0 && process.platform !== 'win32') await file.chmod(0o600);
    return file;
  }

  async #linesIn(name: string): Promise<RedactedLine[]> {
    const path = join(this.folder, name);
    try {
      const text = await this.#read(path);
      return text.split('\n').flatMap((line) => {
        const { data } = redactedLineOf.safeParse(parseJson(line));
        // by the rules of this version
        return data ? [{ ...data, text: redacted(data.text) }] : [];
      });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') this.#failed('the stored log cannot be read', error as Error);
      return [];
    }
  }

  async #read(path: string): Promise<string> {
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const { size } = await file.stat();
      if (size <= FILE_BYTES) return await file.readFile('utf8');
    } finally {
      await file.close();
    }
    await rm(path); // not a file of this program
    return '';
  }

  /** Once in a run: each line about it would be stored, too. */
  #failed(message: string, error: Error): void {
    if (this.#isReported) return;
    this.#isReported = true;
    this.journal.warn(message, { detail: error.message });
  }
}
