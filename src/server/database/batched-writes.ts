import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { SerialWork } from '../events/serial-work';

/** Statements of other callers wait while a transaction runs on SQLite, so one is kept short. */
const WRITES_PER_TRANSACTION = 50;

type Write<Result> = (manager: EntityManager) => Promise<Result>;

interface Waiting {
  readonly agentId: string;
  readonly write: Write<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs what many agents write at the same time in few transactions: while one runs, the writes for the next are collected.
 * Those of one transaction are of different agents and run at the same time, because each statement takes a turn of an event
 * loop that is busy then. Each is committed when its promise resolves. If one of them fails, all are rolled back, and each
 * runs again in a transaction of its own, so that none fails because of another.
 *
 * SQLite has one transaction at a time, and each commit waits for the disk. PostgreSQL runs transactions at the same time,
 * and one with the rows of many agents could only block others; there each write has a transaction of its own. On both, the
 * writes of one agent are made in the order of the calls: what it reports replaces what it has reported before.
 */
@Injectable()
export class BatchedWrites implements OnModuleDestroy {
  /** Not committed yet. */
  private readonly pending = new Set<Promise<unknown>>();
  private waiting: Waiting[] = [];
  private isRunning = false;
  /** On PostgreSQL, by agent. */
  private readonly serial = new SerialWork();

  constructor(private readonly database: DataSource) {}

  /** @param write may run twice; it uses no other manager than its own */
  run<Result>(agentId: string, write: Write<Result>): Promise<Result> {
    const result =
      this.database.options.type === 'sqlite'
        ? this.add(agentId, write)
        : this.serial.run(agentId, () => this.database.transaction(write));
    const settled = () => this.pending.delete(result);
    this.pending.add(result);
    result.then(settled, settled);
    return result;
  }

  /** Before the database is closed: all agents may have gone offline just now. */
  async onModuleDestroy(): Promise<void> {
    await Promise.allSettled(this.pending);
  }

  private add<Result>(agentId: string, write: Write<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.waiting.push({ agentId, write, resolve: resolve as Waiting['resolve'], reject });
      if (!this.isRunning) void this.runAll();
    });
  }

  /** Never rejects. */
  private async runAll(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) await this.runTogether(this.nextBatch());
    this.isRunning = false;
  }

  private nextBatch(): Waiting[] {
    const batch = new Map<string, Waiting>();
    this.waiting = this.waiting.filter((each) => {
      if (batch.size >= WRITES_PER_TRANSACTION || batch.has(each.agentId)) return true;
      batch.set(each.agentId, each);
      return false;
    });
    return [...batch.values()];
  }

  private async runTogether(batch: Waiting[]): Promise<void> {
    let hasFailed = false;
    try {
      const results = await this.database.transaction(async (manager) => {
        const outcomes = await Promise.allSettled(batch.map(({ write }) => write(manager)));
        return outcomes.map((outcome) => {
          if (outcome.status === 'fulfilled') return outcome.value;
          hasFailed = true;
          throw outcome.reason;
        });
      });
      batch.forEach(({ resolve }, index) => resolve(results[index]));
    } catch (error) {
      // without a failed write, the database itself refused, and would refuse each of them
      if (hasFailed && batch.length > 1) for (const each of batch) await this.runTogether([each]);
      else for (const { reject } of batch) reject(error);
    }
  }
}
