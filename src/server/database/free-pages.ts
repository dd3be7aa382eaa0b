import { statSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { LIMITS } from '../../protocol/limits';

/** Stays free, because new rows need pages again soon. */
const RESERVE_PAGES = 256;
/** Each statement moves this many pages; others get their turn between two. */
const PAGES_AT_ONCE = 64;

/**
 * Lets SQLite return free pages to the file system in steps (`auto_vacuum` = 2, incremental). A database gets this
 * property before its first table, or by VACUUM, which copies it and blocks everyone meanwhile; so a large one keeps what
 * it has. Its free pages are used again, but the file does not shrink.
 */
export async function permitShrinking(dataSource: DataSource, file: string): Promise<void> {
  if ((await pragma(dataSource, 'auto_vacuum')) === 2) return;
  if (statSync(file).size > LIMITS.DATABASE_CONVERTED_BYTES) return;
  await dataSource.query('PRAGMA auto_vacuum = 2');
  // fails if another process has the database open, or if the disk is full; the database is then as it was
  await dataSource.query('VACUUM').catch(() => undefined);
}

/** Bytes that the tables and indexes take, free pages included. */
export async function databaseBytes(dataSource: DataSource): Promise<number> {
  if (dataSource.options.type === 'sqlite')
    return (await pragma(dataSource, 'page_count')) * (await pragma(dataSource, 'page_size'));
  const rows: { bytes: string }[] = await dataSource.query('SELECT pg_database_size(current_database()) AS bytes');
  return Number(rows[0]?.bytes);
}

/**
 * Returns some free pages of SQLite to the file system, in one short statement. PostgreSQL's autovacuum needs no help.
 * @returns how many; 0: nothing is left to return, or the database cannot shrink
 */
export async function returnFreePages(dataSource: DataSource): Promise<number> {
  if (dataSource.options.type !== 'sqlite' || (await pragma(dataSource, 'auto_vacuum')) !== 2) return 0;
  const free = await pragma(dataSource, 'freelist_count');
  const surplus = Math.min(free - RESERVE_PAGES, PAGES_AT_ONCE);
  if (surplus <= 0) return 0;
  await dataSource.query(`PRAGMA incremental_vacuum(${surplus})`);
  return free - (await pragma(dataSource, 'freelist_count'));
}

async function pragma(dataSource: DataSource, name: string): Promise<number> {
  const rows: Record<string, number>[] = await dataSource.query(`PRAGMA ${name}`);
  return rows[0]![name]!;
}
