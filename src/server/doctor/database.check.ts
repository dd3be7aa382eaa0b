import { existsSync } from 'node:fs';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { check, note, type CheckFinding } from '../../protocol/check-finding';
import { withTimeLimit } from '../../tunnel/time-limit';
import { readingOnly } from '../database/open-database';

/** SQLite reads the whole file to check it. */
const LIMIT_MS = 120_000;
const RESTORE = 'see "Backup and restore" in docs/RUNNING.md';

/** Whether the database answers, is whole, keeps what it acknowledges, and has the schema of this version. */
export async function databaseCheck(database: DataSourceOptions): Promise<CheckFinding> {
  if (database.type === 'sqlite' && !existsSync(database.database))
    return note('database', 'does not exist yet; the first start of the server creates it');
  const options = readingOnly(database);
  return check(
    'database',
    () => withTimeLimit(LIMIT_MS, undefined, () => examine(new DataSource(options))),
    ({ code, message, name }) =>
      name === 'TimeoutError'
        ? 'has not answered in time; see what else it is doing'
        : code
          ? `${code}: ${message}`
          : message,
  );
}

/** @throws Error naming what is wrong, and what to do */
async function examine(dataSource: DataSource): Promise<string> {
  await dataSource.initialize();
  try {
    const engine = dataSource.options.type === 'sqlite' ? await wholeSqlite(dataSource) : await durable(dataSource);
    return `${engine}, ${await schemaOf(dataSource)}`;
  } finally {
    await dataSource.destroy();
  }
}

async function wholeSqlite(dataSource: DataSource): Promise<string> {
  const [row] = await dataSource.query<{ quick_check: string }[]>('PRAGMA quick_check(1)');
  if (row?.quick_check !== 'ok') throw new Error(`the file is damaged (${row?.quick_check}); ${RESTORE}`);
  return 'SQLite, whole';
}

async function durable(dataSource: DataSource): Promise<string> {
  for (const setting of ['fsync', 'synchronous_commit']) {
    const [row] = await dataSource.query<Record<string, string>[]>(`SHOW ${setting}`);
    if (row?.[setting] === 'off')
      throw new Error(`${setting} is off, so a crash loses what the server has acknowledged; switch it on`);
  }
  const [row] = await dataSource.query<{ server_version: string }[]>('SHOW server_version');
  return `PostgreSQL ${row?.server_version}`;
}

async function schemaOf(dataSource: DataSource): Promise<string> {
  const runner = dataSource.createQueryRunner();
  try {
    if (!(await runner.hasTable('migrations'))) return 'empty; the first start of the server fills it';
  } finally {
    await runner.release();
  }
  const done = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations');
  const known = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
  if (done.some(({ name }) => !known.includes(name)))
    throw new Error(
      `is of a newer version of Platen; start that version, or restore the backup from before: ${RESTORE}`,
    );
  const missing = known.length - done.length;
  return missing === 0 ? 'up to date' : `${missing} steps behind; the next start of the server completes it`;
}
