import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Journal } from '../../journal/journal';
import { parseJson } from '../../protocol/parse-json';
import { relayRun, type RelayRun } from '../../protocol/keeper-rpc';
import { NotStored } from './keeper.errors';

/**
 * The desired run, which survives a restart of the keeper: `wanted.json`. A take-over first writes a second file, while
 * a full disk can still abort it, and renames that file before the earlier relay stops.
 */
export class DesiredRun {
  readonly #file: string;
  readonly #next: string;

  constructor(
    folder: string,
    private readonly builtIn: RelayRun,
    private readonly journal: Journal,
  ) {
    this.#file = join(folder, 'wanted.json');
    this.#next = join(folder, 'wanted.next.json');
  }

  /** The built-in relay if none is stored or the stored release is missing: some relay has to run. */
  read(): RelayRun {
    if (!existsSync(this.#file)) return this.builtIn;
    const stored = relayRun.safeParse(parseJson(readFileSync(this.#file, 'utf8')));
    if (stored.success && (stored.data.file === null || existsSync(stored.data.file))) return stored.data;
    const detail = stored.success ? `${stored.data.file} is missing` : 'wanted.json cannot be read';
    this.journal.error('the desired release cannot be started; the built-in relay runs instead', { detail });
    return this.builtIn;
  }

  /** @throws NotStored */
  prepare(run: RelayRun): void {
    try {
      const file = openSync(this.#next, 'w', 0o600);
      try {
        writeSync(file, `${JSON.stringify(run)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw notStored(error);
    }
  }

  /** @throws NotStored */
  commit(): void {
    try {
      renameSync(this.#next, this.#file);
    } catch (error) {
      throw notStored(error);
    }
  }

  discard(): void {
    rmSync(this.#next, { force: true });
  }
}

const notStored = (error: unknown): NotStored =>
  new NotStored(`wanted.json cannot be written (${(error as NodeJS.ErrnoException).code})`);
