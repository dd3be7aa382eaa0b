import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { HISTORY_KINDS, type HistoryKind, type Retention } from '../../protocol/retention';
import { jittered } from '../../protocol/waits';
import { AuditService } from '../auth/audit/audit.service';
import { CONFIG, type Config } from '../config/config';
import { Metrics } from '../http/metrics';
import { cutoffsAt } from '../readings/thinning';
import { ThinningRepository } from '../readings/thinning.repository';
import { RetentionRepository, type Due } from './retention.repository';
import { RETENTION_RULES, type RetentionRule } from './retention.rules';

const DAY_MS = 24 * 60 * 60_000;
const JITTER = { least: 1, most: 1.5 };
/** Between two transactions, others use the database for at least three times as long. */
const PAUSE = { leastMs: 20, factor: 3 };

/**
 * Deletes history that is older than it is kept, every hour, in small transactions. A run that is interrupted at any point
 * leaves nothing half deleted; the next one continues.
 */
@Injectable()
export class RetentionService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** Where there were more rows than are kept: what was stored before is deleted. */
  private readonly crowdedOut = new Map<HistoryKind, Date>();
  private readonly deleted: Counter<'kind'>;

  constructor(
    private readonly repository: RetentionRepository,
    private readonly thinning: ThinningRepository,
    private readonly audit: AuditService,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
    { registry }: Metrics,
  ) {
    this.deleted = new Counter({
      name: 'platen_retention_deleted_total',
      help: 'Rows of history that were deleted because of their age or number',
      labelNames: ['kind'],
      registers: [registry],
    });
    new Gauge({
      name: 'platen_database_bytes',
      help: 'Size of the database, free pages included',
      registers: [registry],
      async collect() {
        // without a database, the other metrics are still of interest
        this.set(await repository.bytes().catch(() => NaN));
      },
    });
  }

  onApplicationBootstrap(): void {
    this.running = this.runEachHour().catch(() => undefined); // stopped while it waited
  }
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** How long everything is kept. */
  kept(now = Date.now()): Retention {
    const entries = RETENTION_RULES.map((rule) => {
      const since = Math.max(this.keptSince(rule.kind, now).getTime(), this.crowdedOut.get(rule.kind)?.getTime() ?? 0);
      return [
        rule.kind,
        { days: this.config.keepDays[rule.kind], most: mostOf(rule), since: toInstant(since) },
      ] as const;
    });
    // no number: who makes many entries must not be able to have earlier ones deleted
    const byAge = (['readings', 'audit'] as const).map((kind) => {
      const since = toInstant(this.keptSince(kind, now));
      return [kind, { days: this.config.keepDays[kind], most: null, since }] as const;
    });
    return Object.fromEntries([...entries, ...byAge]) as Retention;
  }

  /** One run. @throws AbortError when the server stops; an error of the database */
  async run(): Promise<void> {
    const began = performance.now();
    const counts = Object.fromEntries(HISTORY_KINDS.map((kind) => [kind, 0])) as Record<HistoryKind, number>;
    for (const rule of RETENTION_RULES) {
      for await (const count of this.deletions(rule)) {
        counts[rule.kind] += count;
        this.deleted.inc({ kind: rule.kind }, count);
      }
    }
    for await (const count of this.thinnings()) {
      counts.readings += count;
      this.deleted.inc({ kind: 'readings' }, count);
    }
    for await (const count of this.auditDeletions()) {
      counts.audit += count;
      this.deleted.inc({ kind: 'audit' }, count);
    }
    const pages = await this.returnFreePages();
    this.journal.info('history deleted', {
      deleted: counts,
      freePages: pages,
      durationMs: Math.round(performance.now() - began),
    });
  }

  private async runEachHour(): Promise<void> {
    for (let ms: number = LIMITS.RETENTION_FIRST_MS; ; ms = LIMITS.RETENTION_INTERVAL_MS) {
      await this.pause(jittered(ms, JITTER));
      await this.run().catch((error: unknown) => {
        if (!this.stopping.signal.aborted) this.journal.unexpected(error, 'deleting old history');
      });
    }
  }

  private async *deletions(rule: RetentionRule): AsyncGenerator<number> {
    const overBefore = this.keptSince(rule.kind, Date.now());
    yield* this.deletionsOf(rule, { by: 'over', before: overBefore });
    const most = mostOf(rule);
    const beyond = most === null ? undefined : await this.repository.storedBeyond(rule, most);
    if (!beyond) return void this.crowdedOut.delete(rule.kind);
    // many new rows must not be a way to have those deleted that show what happened just before
    const before = new Date(Math.min(beyond.getTime() + 1, Date.now() - LIMITS.KEPT_DAYS_LEAST * DAY_MS));
    this.crowdedOut.set(rule.kind, before);
    yield* this.deletionsOf(rule, { by: 'stored', before });
  }

  private async *thinnings(): AsyncGenerator<number> {
    for (let isMore = true; isMore;) {
      this.stopping.signal.throwIfAborted();
      const began = performance.now();
      const thinned = await this.thinning.thin(cutoffsAt(new Date(), this.config), LIMITS.READINGS_DEVICES);
      isMore = thinned.isMore;
      if (thinned.deleted > 0) yield thinned.deleted;
      await this.yieldToOthers(began);
    }
  }

  private async *deletionsOf(rule: RetentionRule, due: Due): AsyncGenerator<number> {
    yield* this.inBatches(() => this.repository.deleteDue(rule, due, LIMITS.RETENTION_ROWS));
  }

  private async *auditDeletions(): AsyncGenerator<number> {
    const before = this.keptSince('audit', Date.now());
    if (!(await this.audit.hasBefore(before))) return;
    // first, so that no interruption leaves the deletion without its entry
    await this.audit.record(undefined, 'audit.deleted', `before ${toInstant(before)}`, this.why('audit'));
    yield* this.inBatches(() => this.audit.deleteOldest(before, LIMITS.RETENTION_ROWS));
  }

  /** @param deleteSome returns how many; less than RETENTION_ROWS if no more are due */
  private async *inBatches(deleteSome: () => Promise<number>): AsyncGenerator<number> {
    for (let count: number = LIMITS.RETENTION_ROWS; count === LIMITS.RETENTION_ROWS;) {
      this.stopping.signal.throwIfAborted();
      const began = performance.now();
      count = await deleteSome();
      if (count > 0) yield count;
      await this.yieldToOthers(began);
    }
  }

  private async returnFreePages(): Promise<number> {
    let all = 0;
    while (all < LIMITS.RETENTION_PAGES) {
      this.stopping.signal.throwIfAborted();
      const began = performance.now();
      const pages = await this.repository.returnFreePages();
      if (pages === 0) break;
      all += pages;
      await this.yieldToOthers(began);
    }
    return all;
  }

  /** The same time all day, so that the audit trail gets at most one entry about it each day. */
  private keptSince(kind: HistoryKind, now: number): Date {
    const moment = now - this.config.keepDays[kind] * DAY_MS;
    return new Date(moment - (moment % DAY_MS));
  }

  private why(kind: HistoryKind): string {
    return `PLATEN_KEEP_${kind.toUpperCase()}_DAYS=${this.config.keepDays[kind]}`;
  }

  private yieldToOthers(began: number): Promise<void> {
    return this.pause(Math.max(PAUSE.leastMs, (performance.now() - began) * PAUSE.factor));
  }

  private async pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.stopping.signal });
  }
}

const mostOf = ({ most }: RetentionRule): number | null => (most ? LIMITS[most] : null);
