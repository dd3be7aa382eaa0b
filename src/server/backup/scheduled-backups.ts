import { setTimeout as wait } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { jittered } from '../../protocol/waits';
import { ServerConditions } from '../alerts/rules/server-conditions';
import { CONFIG, type Config } from '../config/config';
import { BackupRunning } from './backup.errors';
import { BackupRuns } from './backup-runs';

const HOUR_MS = 60 * 60_000;
const JITTER = { least: 0.9, most: 1.1 };

/** Writes a backup whenever the newest one is as old as is set. */
@Injectable()
export class ScheduledBackups implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly runs: BackupRuns,
    private readonly journal: Journal,
    private readonly conditions: ServerConditions,
  ) {}

  onModuleInit(): void {
    this.conditions.register('backup-missing', async (now) => {
      const problem = await this.runs.problem(now.getTime());
      if (!problem) return [];
      const { newestAt, detail } = problem;
      const facts = { ...(newestAt > 0 && { at: toInstant(newestAt) }), ...(detail && { text: detail.slice(0, 300) }) };
      return [{ severity: 'error', facts }];
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
      await this.runIfDue().catch(() => undefined); // logged
      await wait(jittered(LIMITS.BACKUP_CHECK_MS, JITTER), undefined, { signal: this.stopping.signal });
    }
  }

  /** @throws BackupRefused; an error of the file system */
  async runIfDue(): Promise<void> {
    const age = Date.now() - (await this.newestAt());
    if (age >= 0 && age < this.config.backups!.hours * HOUR_MS) return; // one from the future is of no help
    try {
      await this.runs.start();
    } catch (error) {
      if (!(error instanceof BackupRunning)) throw error;
    }
  }

  private async newestAt(): Promise<number> {
    return this.runs.newestAt().catch((error: Error) => {
      this.journal.error('no backup was written; trying again', { detail: error.message });
      throw error;
    });
  }
}
