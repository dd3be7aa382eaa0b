import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, QueryFailedError } from 'typeorm';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { setLimit } from '../../../test/support/relay/test-relay';
import { removeFolder } from '../../../test/support/remove-folder';
import { newDatabase } from '../../../test/support/server/new-database';
import { DatabaseUnavailable, isUnavailable, nameDatabaseErrors } from './database-errors';

/** The driver has no types; these are the parts used here. */
const { Pool } = jest.requireActual<{ Pool: new (options: object) => DriverPool }>('pg');
interface DriverPool {
  query(sql: string): Promise<unknown>;
  on(event: 'error', listener: () => void): void;
  end(): Promise<void>;
}

/** Messages of PostgreSQL's protocol (55.7): type, length, content. */
const message = (type: string, content: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + content.length);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(content, 'latin1')]);
};
const AUTHENTICATED = message('R', '\0\0\0\0');
const READY = message('Z', 'I');
type Act = (socket: Socket) => void;
const errorOf = (code: string) => message('E', `SFATAL\0C${code}\0Mwords\0\0`);

describe('errors of a database', () => {
  /** The error of the real driver when the database does this with a new connection, or with its first statement. */
  async function errorWhen(atStart: Act, atStatement: Act | null): Promise<unknown> {
    const database = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        atStart(socket);
        if (atStatement) socket.once('data', () => atStatement(socket));
      });
    }).listen(0, '127.0.0.1');
    await once(database, 'listening');
    const { port } = database.address() as AddressInfo;
    const pool = new Pool({ host: '127.0.0.1', port, user: 'u', password: 'p', database: 'd', max: 1 });
    pool.on('error', () => undefined);
    const error: unknown = await pool.query('SELECT 1').catch((each: unknown) => each);
    await pool.end();
    database.close();
    return error;
  }
  const accept = (socket: Socket) => void socket.write(Buffer.concat([AUTHENTICATED, READY]));

  it.each<[string, boolean, Act, Act | null]>([
    ['cuts a new connection', true, (socket) => socket.destroy(), null],
    ['is starting up', true, (socket) => socket.end(errorOf('57P03')), null],
    ['has no connection left', true, (socket) => socket.end(errorOf('53300')), null],
    ['cuts the connection of a statement', true, accept, (socket) => socket.destroy()],
    ['is shut down', true, accept, (socket) => socket.end(errorOf('57P01'))],
    ['refuses the password', false, (socket) => socket.end(errorOf('28P01')), null],
    ['refuses a duplicate', false, accept, (socket) => socket.write(Buffer.concat([errorOf('23505'), READY]))],
  ])('that %s: unavailable %s', async (_what, expected, atStart, atStatement) => {
    const error = await errorWhen(atStart, atStatement);
    expect(error).toBeInstanceOf(Error);
    expect(isUnavailable(error)).toBe(expected);
    expect(isUnavailable(new QueryFailedError('SELECT 1', [], error as Error))).toBe(expected);
  });

  it('that does not listen, at each address of its name', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(isUnavailable(new AggregateError([refused, refused]))).toBe(true);
    const pool = new Pool({ host: '127.0.0.1', port: 1 });
    expect(isUnavailable(await pool.query('SELECT 1').catch((error: unknown) => error))).toBe(true);
    await pool.end();
  });

  it('are named while it is not available, and its loss and return are logged once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'platen-database-'));
    const options = { type: 'sqlite', database: join(folder, 'x.sqlite'), busyTimeout: 1 } as const;
    const [ours, other] = [new DataSource(options), new DataSource(options)];
    const { journal, lines } = recordedJournal();
    try {
      for (const each of [ours, other]) await each.initialize();
      nameDatabaseErrors(ours, journal);
      await ours.query('CREATE TABLE things (id integer primary key)');
      await other.query('BEGIN EXCLUSIVE');
      for (let each = 0; each < 3; each++)
        await expect(ours.query('INSERT INTO things VALUES (1)')).rejects.toThrow(DatabaseUnavailable);
      await other.query('COMMIT');
      await ours.query('INSERT INTO things VALUES (1)');
      await expect(ours.query('INSERT INTO things VALUES (1)')).rejects.toThrow(QueryFailedError);
      expect(lines.map((line) => line.msg)).toEqual([
        'the database is not available',
        'the database is available again',
      ]);
    } finally {
      for (const each of [ours, other]) await each.destroy();
      await removeFolder(folder);
    }
  });

  it('that answers nothing: its connection is closed, and what its transaction has done is rolled back', async () => {
    const { journal, lines } = recordedJournal();
    const database = await new DataSource({ type: 'postgres', url: await newDatabase() }).initialize();
    try {
      nameDatabaseErrors(database, journal);
      await database.query('CREATE TABLE things (id integer primary key)');
      const stuck = database.transaction(async (manager) => {
        await manager.query('INSERT INTO things VALUES (1)');
        setLimit('DATABASE_ANSWER_MS', 10);
        const waiting = manager.query('SELECT pg_sleep(3600)');
        jest.restoreAllMocks();
        await waiting;
      });
      await expect(stuck).rejects.toThrow(DatabaseUnavailable);
      expect(await database.query('SELECT * FROM things')).toEqual([]);
      expect(lines.map(({ msg }) => msg)).toEqual(['the database is not available', 'the database is available again']);
    } finally {
      await database.destroy();
    }
  });
});
