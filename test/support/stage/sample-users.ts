import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Database } from 'sqlite3';
import { DataSource } from 'typeorm';
import { SAMPLE_USERS } from '../../../src/demo/stage';
import { cheapHash } from '../server/cheap-hash';

const COLUMNS = ['id', 'username', 'displayName', 'role', 'passwordHash', 'createdAt'];
/** @param parameter how the database writes the parameter with this number, from 1 */
const insert = (parameter: (number: number) => string): string =>
  `INSERT INTO users ("${COLUMNS.join('", "')}") VALUES (${COLUMNS.map((_, at) => parameter(at + 1)).join(', ')})`;

const rows = (): Promise<unknown[][]> =>
  Promise.all(
    Object.values(SAMPLE_USERS).map(async ({ username, displayName, role, password }) => {
      return [randomUUID(), username, displayName, role, await cheapHash(password), Date.now()];
    }),
  );

/** Writes the sample users into the database of a server that runs: its command takes seconds for each. */
export async function makeSampleUsers(data: string): Promise<void> {
  const database = new Database(join(data, 'platen.sqlite'));
  database.configure('busyTimeout', 10_000);
  const run = promisify<string, unknown[], void>(database.run.bind(database));
  try {
    for (const row of await rows())
      await run(
        insert(() => '?'),
        row,
      );
  } finally {
    database.close();
  }
}

/** The same in PostgreSQL. */
export async function makeSampleUsersIn(url: string): Promise<void> {
  const database = await new DataSource({ type: 'postgres', url }).initialize();
  try {
    for (const row of await rows())
      await database.query(
        insert((number) => `$${number}`),
        row,
      );
  } finally {
    await database.destroy();
  }
}
