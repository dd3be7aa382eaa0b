import type { DataSource } from 'typeorm';
import { SqliteDriver } from 'typeorm/driver/sqlite/SqliteDriver';
import { SqliteQueryRunner } from 'typeorm/driver/sqlite/SqliteQueryRunner';
import { TransactionGate } from './transaction-gate';

/**
 * TypeORM's SQLite driver has one connection and one query runner for everybody: statements of others land inside a
 * running transaction and are rolled back with it, and a second transaction ends the first. Here each user gets a query
 * runner of its own, and a gate lets no other statement through while one of them is in a transaction.
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
    // where it fails the caller rolls back, and that leaves
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
    // The write lock at once: with another process at work (`create-user`) a later write would otherwise fail, not wait.
    const statement = query === 'BEGIN TRANSACTION' ? 'BEGIN IMMEDIATE TRANSACTION' : query;
    return this.gate.statement(this, () => super.query(statement, parameters, useStructuredResult));
  }

  private left(): void {
    this.depth = Math.max(0, this.depth - 1);
    if (this.depth === 0) this.gate.leave(this);
  }
}
