import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Database } from 'sqlite3';
import { SAMPLE_USERS } from '../../../src/demo/stage';
import { cheapHash } from '../server/cheap-hash';

const COLUMNS = ['id', 'username', 'displayName', 'role', 'passwordHash', 'createdAt'];
const INSERT = `INSERT INTO users ("${COLUMNS.join('", "')}") VALUES (${COLUMNS.map(() => '?').join(', ')})`;

/** Writes the sample users into the database of a server that runs: its command takes seconds for each. */
export async function makeSampleUsers(data: string): Promise<void> {
  const database = new Database(join(data, 'platen.sqlite'));
  database.configure('busyTimeout', 10_000);
  const run = promisify<string, unknown[], void>(database.run.bind(database));
  try {
    for (const { username, displayName, role, password } of Object.values(SAMPLE_USERS))
      await run(INSERT, [randomUUID(), username, displayName, role, await cheapHash(password), Date.now()]);
  } finally {
    database.close();
  }
}
