import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Journal } from '../../journal/journal';
import type { Backups } from '../../protocol/backup';
import { toInstant } from '../../protocol/names';
import { CONFIG, type Config } from '../config/config';
import { Metrics } from '../http/metrics';
import { BackupRunning, BackupsOff } from './backup.errors';
import { describeBackup, isOverdue, nameAt, presentBackups } from './backup-files';
import { passphraseIn } from './passphrase-file';
import { DRAFT_FOLDER, writeBackup } from './write-backup';

const HOUR_MS = 60 * 60_000;

interface Run {
  readonly startedAt: number;
  readonly expectedBytes: number | null;
  bytes: number;
}

/** Writes backups into the configured folder, one at a time, and deletes the oldest ones. */
@Injectable()
export class BackupRuns implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private run: Run | undefined;
  private written: Promise<void> = Promise.resolve();
  private failure: Backups['failure'] = null;
  private newest: Gauge | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly journal: Journal,
    { registry }: Metrics,
  ) {
    if (!config.backups) return;
    this.newest = new Gauge({
      name: 'platen_backup_timestamp_seconds',
      help: 'When the newest scheduled backup was written, in seconds since 1970; 0: there is none',
      registers: [registry],
    });
    new Gauge({
      name: 'platen_backup_interval_seconds',
      help: 'How old the newest scheduled backup becomes before another one is written',
      registers: [registry],
    }).set((config.backups.hours * HOUR_MS) / 1000);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.written.catch(() => undefined);
  }

  /** What there is. @throws the error of the file system */
  async state(): Promise<Backups> {
    const { backups } = this.config;
    if (!backups) return { schedule: null, rows: [], running: null, failure: null, overdue: false };
    const { folder, hours, kept, passphraseFile } = backups;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = (await presentBackups(folder)).reverse();
    // one that is deleted meanwhile is not there any more
    const described = await Promise.all(names.map((name) => describeBackup(folder, name).catch(() => undefined)));
    const rows = described.filter((each) => each !== undefined);
    const { startedAt, bytes, expectedBytes } = this.run ?? {};
    return {
      schedule: { folder, hours, kept, encrypted: passphraseFile !== undefined },
      rows,
      running: this.run ? { startedAt: toInstant(startedAt!), bytes: bytes!, expectedBytes: expectedBytes! } : null,
      failure: this.failure,
      overdue: rows[0] !== undefined && isOverdue(Date.parse(rows[0].at), hours),
    };
  }

  /** What is wrong with the scheduled backups: the last one has failed, or one was missed. @throws the error of the file system */
  async problem(now: number): Promise<{ newestAt: number; detail: string } | undefined> {
    const { backups } = this.config;
    if (!backups) return undefined;
    const newestAt = await this.newestAt();
    // a backup that is being written is not missed yet; the first one is written soon after the start
    const isMissed = !this.run && isOverdue(newestAt, backups.hours, now);
    return this.failure || isMissed ? { newestAt, detail: this.failure?.detail ?? '' } : undefined;
  }

  /** When the newest backup was written, in ms since 1970; 0: there is none. */
  async newestAt(): Promise<number> {
    const { folder } = this.config.backups!;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const newest = (await presentBackups(folder)).at(-1);
    const at = newest === undefined ? 0 : (await stat(join(folder, newest))).mtimeMs;
    this.newest?.set(at / 1000);
    return at;
  }

  /**
   * Starts to write one.
   * @returns when it is written; rejects with BackupRefused or an error of the file system, which `state` shows, too
   * @throws BackupsOff, BackupRunning
   */
  start(): Promise<void> {
    const { backups } = this.config;
    if (!backups) throw new BackupsOff();
    if (this.run) throw new BackupRunning();
    const run: Run = { startedAt: Date.now(), expectedBytes: null, bytes: 0 };
    this.run = run;
    this.written = this.write(backups, run).finally(() => (this.run = undefined));
    return this.written;
  }

  private async write(backups: NonNullable<Config['backups']>, run: Run): Promise<void> {
    const { folder, kept, passphraseFile } = backups;
    const { signal } = this.stopping;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const name of await readdir(folder))
        // of a run that was killed
        if (name.startsWith(DRAFT_FOLDER)) await rm(join(folder, name), { recursive: true, force: true });
      const present = await presentBackups(folder);
      const newest = present.at(-1);
      if (newest !== undefined)
        Object.assign(run, { expectedBytes: (await stat(join(folder, newest))).size } satisfies Partial<Run>);
      const name = nameAt(run.startedAt);
      const passphrase = passphraseFile === undefined ? undefined : await passphraseIn(passphraseFile);
      const onBytes = (bytes: number): void => void (run.bytes += bytes);
      await writeBackup(this.config, join(folder, name), passphrase, { signal, onBytes });
      this.failure = null;
      this.newest?.set(run.startedAt / 1000);
      this.journal.info('backup written', { file: name, bytes: run.bytes, encrypted: passphrase !== undefined });
      const all = [...present, name];
      for (const old of all.slice(0, Math.max(0, all.length - kept))) await rm(join(folder, old), { force: true });
    } catch (error) {
      if (!signal.aborted) {
        const { message: detail } = error as Error;
        this.failure = { at: toInstant(Date.now()), detail };
        this.journal.error('no backup was written; trying again', { detail });
      }
      throw error;
    }
  }
}
