import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from 'sqlite3';

export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';

  constructor(folder: string) {
    super(
      `The data folder ${folder} (PLATEN_DATA) is in use by another server. ` +
        'Stop the other server, or set another data folder for this one.',
    );
  }
}

/**
 * Reserves the data folder for one server: a second one would stop the relay of the first, and end its sessions. SQLite
 * locks an empty file, so the operating system releases the lock when the process dies.
 * @returns releases the lock
 * @throws DataFolderInUse
 */
export async function lockDataFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'server.lock');
  closeSync(openSync(file, 'a', 0o600));
  const lock = await new Promise<Database>((resolve, reject) => {
    const opening: Database = new Database(file, (error) => (error ? reject(error) : resolve(opening)));
  });
  const release = () =>
    new Promise<void>((resolve, reject) => lock.close((error) => (error ? reject(error) : resolve())));
  try {
    // journal in memory: a full disk must not prevent the start, and no file remains after a crash
    await execute(lock, 'PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;');
  } catch (error) {
    await release();
    throw (error as NodeJS.ErrnoException).code === 'SQLITE_BUSY' ? new DataFolderInUse(folder) : error;
  }
  return release;
}

const execute = (database: Database, sql: string): Promise<void> =>
  new Promise((resolve, reject) => database.exec(sql, (error) => (error ? reject(error) : resolve())));
