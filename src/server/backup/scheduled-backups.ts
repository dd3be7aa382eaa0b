import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { jittered } from '../../protocol/waits';
import { CONFIG, type Config } from '../config/config';
import { Metrics } from '../http/metrics';
import { passphraseIn } from './passphrase-file';
import { DRAFT_FOLDER, writeBackup } from './write-backup';

const HOUR_MS = 60 * 60_000;
const JITTER = { least: 0.9, most: 1.1 };
/** Only these are counted and deleted. */
const NAME = /^platen-\d{4}-\d\d-\d\dT\d{6}Z\.backup$/;
const nameAt = (ms: number): string => `platen-${toInstant(ms).slice(0, 19).replaceAll(':', '')}Z.backup`;

/** Writes a backup whenever the newest one is as old as is set, and deletes the oldest ones. */
@Injectable()
export class ScheduledBackups implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly newest: Gauge | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly journal: Journal,
    { registry }: Metrics,
  ) {
    if (!config.backups) return;
    new Gauge({
      name: 'platen_backup_interval_seconds',
      help: 'How old the newest scheduled backup becomes before another one is written',
      registers: [registry],
    }).set((config.backups.hours * HOUR_MS) / 1000);
    this.newest = new Gauge({
      name: 'platen_backup_timestamp_seconds',
      help: 'When the newest scheduled backup was written, in seconds since 1970; 0: there is none',
      registers: [registry],
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.backups) this.running = this.runRegularly().catch(() => undefined); // stopped while it waited
  }
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async runRegularly(): Promise<void> {
    for (;;) {
      await this.runIfDue().catch((error: Error) => {
        if (this.stopping.signal.aborted) return;
        this.journal.error('no backup was written; trying again', { detail: error.message });
      });
      await wait(jittered(LIMITS.BACKUP_CHECK_MS, JITTER), undefined, { signal: this.stopping.signal });
    }
  }

  /** @throws BackupRefused; an error of the file system */
  async runIfDue(): Promise<void> {
    const { folder, hours, kept, passphraseFile } = this.config.backups!;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder))
      // of a run that was killed
      if (name.startsWith(DRAFT_FOLDER)) await rm(join(folder, name), { recursive: true, force: true });
    const present = await presentBackups(folder);
    const newest = present.at(-1);
    const writtenAt = newest === undefined ? 0 : (await stat(join(folder, newest))).mtimeMs;
    this.newest?.set(writtenAt / 1000);
    const age = Date.now() - writtenAt;
    if (age >= 0 && age < hours * HOUR_MS) return; // one from the future is of no help
    const began = Date.now();
    const name = nameAt(began);
    const passphrase = passphraseFile === undefined ? undefined : await passphraseIn(passphraseFile);
    await writeBackup(this.config, join(folder, name), passphrase, this.stopping.signal);
    this.newest?.set(began / 1000);
    const { size } = await stat(join(folder, name));
    this.journal.info('backup written', { name, bytes: size, encrypted: passphrase !== undefined });
    const all = [...present, name];
    for (const old of all.slice(0, Math.max(0, all.length - kept))) await rm(join(folder, old), { force: true });
  }
}

/** The names of the scheduled backups in a folder, oldest first. @throws the error of the file system */
export const presentBackups = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => NAME.test(name)).sort();
