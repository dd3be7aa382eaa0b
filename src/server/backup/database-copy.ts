import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import type { Config } from '../config/config';
import { createPrivately } from '../database/open-database';
import { BackupRefused } from './backup.errors';
import { DATABASES } from './manifest';

/** For another process that writes. */
const BUSY_MS = 10_000;

/**
 * Copies the database as it is at one moment, whether or not the server runs.
 * @param folder for this user only
 * @returns the name of the copy
 */
export async function copyDatabase({ database }: Config, folder: string, signal?: AbortSignal): Promise<string> {
  const copy = join(folder, DATABASES[database.type]);
  createPrivately(copy);
  if (database.type === 'sqlite') await withSqlite(database.path, (source) => source.query('VACUUM INTO ?', [copy]));
  else {
    const args = ['--format=custom', '--no-owner', '--no-privileges', `--file=${copy}`];
    await postgres('pg_dump', database.url, args, signal);
  }
  return DATABASES[database.type];
}

/** @throws BackupRefused if a copy of SQLite is damaged */
export async function checkSqlite(path: string): Promise<void> {
  const check = (source: DataSource) => source.query<{ quick_check?: string }[]>('PRAGMA quick_check(1)');
  const [row] = await withSqlite(path, check).catch(() => []);
  if (row?.quick_check !== 'ok')
    throw new BackupRefused('The database in the backup is damaged. Nothing was restored.');
}

/** All of it, or nothing: the database has to be empty. @throws BackupRefused */
export const restorePostgres = (url: string, copy: string): Promise<void> =>
  postgres('pg_restore', url, ['--exit-on-error', '--single-transaction', '--no-owner', '--no-privileges', copy]);

async function withSqlite<T>(path: string, use: (database: DataSource) => Promise<T>): Promise<T> {
  const database = await new DataSource({ type: 'sqlite', database: path, busyTimeout: BUSY_MS }).initialize();
  try {
    return await use(database);
  } finally {
    await database.destroy();
  }
}

/** The password is not an argument, which every user of this machine could read. */
async function postgres(
  program: 'pg_dump' | 'pg_restore',
  url: string,
  args: string[],
  signal?: AbortSignal,
): Promise<void> {
  const { password, pathname } = new URL(url);
  const withoutPassword = Object.assign(new URL(url), { password: '' }).href;
  const env = { ...process.env, ...(password && { PGPASSWORD: decodeURIComponent(password) }) };
  if (pathname.length < 2) throw new BackupRefused('PLATEN_DATABASE_URL names no database.');
  const child = spawn(program, [`--dbname=${withoutPassword}`, '--no-password', ...args], {
    env,
    signal,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (text: Buffer) => (output = `${output}${text.toString()}`.slice(-2_000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new BackupRefused(`${program} is not installed here. Install the client of PostgreSQL (postgresql-client).`);
  });
  if (code !== 0) throw new BackupRefused(`${program} failed: ${output.trim().split('\n').pop() || `exit ${code}`}`);
}
