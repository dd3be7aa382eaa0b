import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Journal } from '../../journal/journal';
import { parseJson } from '../../protocol/parse-json';
import { relayRun, type RelayRun } from '../../protocol/keeper-rpc';
import { NotStored } from './keeper.errors';

/**
 * What the keeper shall run, kept over its own end: `wanted.json`. It is written beside the file before a take-over
 * begins, when a full disk can still refuse it, and moved into its place before the earlier relay is stopped.
 */
export class WantedRun {
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

  /** The built-in relay where nothing else was ever wanted, or what was wanted is there no more: one has to run. */
  read(): RelayRun {
    if (!existsSync(this.#file)) return this.builtIn;
    const wanted = relayRun.safeParse(parseJson(readFileSync(this.#file, 'utf8')));
    if (wanted.success && (wanted.data.file === null || existsSync(wanted.data.file))) return wanted.data;
    const detail = wanted.success ? `${wanted.data.file} is missing` : 'wanted.json cannot be read';
    this.journal.error('the wanted release cannot be run; the built-in relay runs in its place', { detail });
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
