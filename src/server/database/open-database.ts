import { closeSync, openSync } from 'node:fs';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Journal } from '../../journal/journal';
import type { Secrets } from '../config/secrets';
import { nameDatabaseErrors } from './database-errors';
import { unlockColumns } from './encrypted-column';
import { permitShrinking } from './free-pages';
import { gateSqlite } from './gated-sqlite';

/**
 * Connects to the database, runs the missing migrations, and makes concurrent transactions safe.
 * @param journal where a loss of the database is logged
 */
export async function openDatabase(
  options: DataSourceOptions,
  secrets: Secrets,
  journal?: Journal,
): Promise<DataSource> {
  if (options.type === 'sqlite') createPrivately(options.database);
  const dataSource = new DataSource(options);
  gateSqlite(dataSource);
  await dataSource.initialize();
  try {
    unlockColumns(dataSource, secrets.encryptionKey);
    if (options.type === 'sqlite') await permitShrinking(dataSource, options.database);
    await dataSource.runMigrations();
    if (journal) nameDatabaseErrors(dataSource, journal);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

/** SQLite would make the file readable for every user. Its journals get the mode of the file. */
export const createPrivately = (file: string): void => closeSync(openSync(file, 'a', 0o600));
