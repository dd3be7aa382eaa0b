import type { DataSource } from 'typeorm';
import { SqliteDriver } from 'typeorm/driver/sqlite/SqliteDriver';
import { SqliteQueryRunner } from 'typeorm/driver/sqlite/SqliteQueryRunner';
import { TransactionGate } from './transaction-gate';

/**
 * TypeORM's SQLite driver shares one connection and one query runner: concurrent statements land inside a running
 * transaction and are rolled back with it, and a second transaction ends the first. Here each caller gets its own query
 * runner, and a gate blocks other statements while a transaction runs.
 */
export function gateSqlite(dataSource: DataSource): void {
  const { driver } = dataSource;
  if (!(driver instanceof SqliteDriver)) return;
  const gate = new TransactionGate();
  driver.createQueryRunner = () => new GatedQueryRunner(driver, gate);
}

type Statement = ReturnType<SqliteQueryRunner['query']>;

class GatedQueryRunner extends SqliteQueryRunner {
  private depth = 0;

  constructor(
    driver: SqliteDriver,
    private readonly gate: TransactionGate,
  ) {
    super(driver);
  }

  override async startTransaction(...isolation: Parameters<SqliteQueryRunner['startTransaction']>): Promise<void> {
    if (this.depth === 0) await this.gate.enter(this);
    this.depth += 1;
    try {
      await super.startTransaction(...isolation);
    } catch (error) {
      this.left();
      throw error;
    }
  }

  override async commitTransaction(): Promise<void> {
    // if it fails, the caller rolls back, which leaves the gate
    await super.commitTransaction();
    this.left();
  }

  override async rollbackTransaction(): Promise<void> {
    try {
      await super.rollbackTransaction();
    } finally {
      this.left();
    }
  }

  override query(query: string, parameters?: unknown[], useStructuredResult?: boolean): Statement {
    // Get the write lock now: a later write would fail instead of waiting for another process (`create-user`).
    const statement = query === 'BEGIN TRANSACTION' ? 'BEGIN IMMEDIATE TRANSACTION' : query;
    return this.gate.statement(this, () => super.query(statement, parameters, useStructuredResult));
  }

  private left(): void {
    this.depth = Math.max(0, this.depth - 1);
    if (this.depth === 0) this.gate.leave(this);
  }
}
