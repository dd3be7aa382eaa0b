import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Journal } from '../../journal/journal';
import type { Secrets } from '../config/secrets';
import { DatabaseUnusable, damageIn } from './database-unusable';
import { nameDatabaseErrors } from './database-errors';
import { unlockColumns } from './encrypted-column';
import { permitShrinking } from './free-pages';
import { gateSqlite } from './gated-sqlite';
import { schemaDifferences } from './schema-differences';
import { StorageReserve } from './storage-reserve';

/** Differences that one message names. */
const SHOWN = 5;

/**
 * Connects to the database, runs the missing migrations, and makes concurrent transactions safe.
 * @param journal where a loss of the database is logged
 * @throws DatabaseUnusable if it is damaged, is of a newer version, or does not have the schema of this one
 */
export async function openDatabase(
  options: DataSourceOptions,
  secrets: Secrets,
  journal?: Journal,
): Promise<DataSource> {
  if (options.type === 'sqlite') createPrivately(options.database);
  const dataSource = new DataSource(options);
  gateSqlite(dataSource);
  try {
    await dataSource.initialize();
    unlockColumns(dataSource, secrets.encryptionKey);
    await refuseNewer(dataSource);
    if (options.type === 'sqlite') await permitShrinking(dataSource, options.database);
    await dataSource.runMigrations();
    await refuseAltered(dataSource);
    if (journal) nameDatabaseErrors(dataSource, journal, await reserveBeside(options, journal));
    return dataSource;
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy().catch(() => undefined);
    const damage = damageIn(error);
    if (damage === undefined) throw error;
    throw new DatabaseUnusable(
      `The database ${String(options.database)} is damaged (${damage}). Keep a copy of the file, then restore the backup: ` +
        'see "Backup and restore" in docs/RUNNING.md',
    );
  }
}

async function reserveBeside(options: DataSourceOptions, journal: Journal): Promise<StorageReserve | undefined> {
  if (options.type !== 'sqlite') return undefined;
  const reserve = new StorageReserve(dirname(options.database));
  if (!(await reserve.occupy())) journal.warn('the disk of the database is almost full; free some space');
  return reserve;
}

/** An earlier version does not know what a newer one has added, and would write rows that lack it. */
async function refuseNewer(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    if (!(await runner.hasTable('migrations'))) return;
    const done = (await runner.query('SELECT name FROM migrations ORDER BY id')) as { name: string }[];
    const known = new Set(dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name));
    const unknown = done.map(({ name }) => name).filter((name) => !known.has(name));
    if (unknown.length === 0) return;
    throw new DatabaseUnusable(
      `The database is of a newer version of Platen (${unknown.slice(0, 3).join(', ')}). Start that version, or restore the ` +
        'backup from before the upgrade: see "Upgrade" in docs/RUNNING.md',
    );
  } finally {
    await runner.release();
  }
}

async function refuseAltered(dataSource: DataSource): Promise<void> {
  const differences = await schemaDifferences(dataSource);
  if (differences.length === 0) return;
  const more = differences.length > SHOWN ? `; and ${differences.length - SHOWN} more` : '';
  throw new DatabaseUnusable(
    `The schema of the database was changed: ${differences.slice(0, SHOWN).join('; ')}${more}. Undo the change, or restore ` +
      'the backup: see "Changed schema" in docs/RUNNING.md',
  );
}

/** For commands that change nothing. The transactions of such a database are not separated. */
export const readingOnly = (options: DataSourceOptions): DataSourceOptions =>
  options.type === 'sqlite'
    ? { ...options, enableWAL: false, flags: (options.driver as { OPEN_READONLY: number }).OPEN_READONLY }
    : options;

/** SQLite would make the file readable for every user. Its journals get the mode of the file. */
export const createPrivately = (file: string): void => closeSync(openSync(file, 'a', 0o600));
