import { closeSync, openSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../ormconfig';
import type { Config } from '../config/config';
import type { Secrets } from '../config/secrets';
import { unlockColumns } from './encrypted-column';
import { gateSqlite } from './gated-sqlite';

/** The database, connected, safe for concurrent transactions, and brought to the newest schema. */
export async function openDatabase(config: Config, secrets: Secrets): Promise<DataSource> {
  // SQLite would make the file readable for all; its journals take over the mode
  if (config.database.type === 'sqlite') closeSync(openSync(config.database.path, 'a', 0o600));
  const dataSource = new DataSource(dataSourceOptions(config));
  gateSqlite(dataSource);
  await dataSource.initialize();
  try {
    unlockColumns(dataSource, secrets.encryptionKey);
    await dataSource.runMigrations();
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}
