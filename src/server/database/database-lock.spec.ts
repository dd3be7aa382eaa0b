import { Client } from 'pg';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { setLimit } from '../../../test/support/relay/test-relay';
import { newDatabase } from '../../../test/support/server/new-database';
import { PostgresServer } from '../../../test/support/server/postgres';
import { until } from '../../../test/support/until';
import { DatabaseInUse, DatabaseLock, StandbyUnusable, type DatabaseLockOptions } from './database-lock';

const FINGERPRINT = '00112233aabbccdd';

let url: string;
let client: Client;
let held: DatabaseLock[];
beforeEach(async () => {
  url = await newDatabase();
  client = new Client({ connectionString: url });
  await client.connect();
  held = [];
});
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all([client.end(), ...held.map((lock) => lock.release())]);
});

const { journal, lines } = recordedJournal();
async function take(options: Partial<DatabaseLockOptions> = {}): Promise<DatabaseLock> {
  const lock = await DatabaseLock.take({ url, fingerprint: FINGERPRINT, standby: false, journal, ...options });
  held.push(lock);
  return lock;
}
/** Ends the connections of this kind, as a failure of the network would. */
const cut = (kind: string): Promise<unknown> =>
  client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE $1', [`${kind}/%`]);
const connections = async (kind: string): Promise<number> => {
  const sql = 'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE $1';
  return (await client.query(sql, [`${kind}/%`])).rowCount ?? 0;
};
/** A connection of the server that has the lock. */
async function connectionOf({ serverName }: DatabaseLock): Promise<{ ended: () => boolean; client: Client }> {
  const other = new Client({ connectionString: url, application_name: serverName });
  let hasEnded = false;
  other.on('error', () => undefined).on('end', () => (hasEnded = true));
  await other.connect();
  return { ended: () => hasEnded, client: other };
}

it('another server does not start, until the first one has released the database', async () => {
  setLimit('DATABASE_LOCK_CHECK_MS', 20);
  setLimit('DATABASE_LOCK_WAIT_MS', 100);
  const first = await take();
  await expect(take()).rejects.toThrow(DatabaseInUse);
  await first.release();
  await take();
});

it('a server that is started again waits for the lock of its predecessor', async () => {
  setLimit('DATABASE_LOCK_CHECK_MS', 20);
  const first = await take();
  const second = take();
  await until('the second one to ask', async () => (await connections('platen-lock')) === 2);
  await first.release();
  await second;
});

it('a standby takes over, and disconnects what is left of the earlier server', async () => {
  setLimit('DATABASE_LOCK_CHECK_MS', 20);
  const first = await take();
  const left = await connectionOf(first);
  const standby = take({ standby: true });
  await until('the standby to wait', () =>
    lines.find(({ msg }) => msg === 'another server is active; this one stands by'),
  );
  await first.release();
  const second = await standby;
  await until('the connection to be cut', left.ended);
  const own = await connectionOf(second);
  expect((await own.client.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await own.client.end();
});

it('a standby with other secrets does not wait', async () => {
  await take();
  const other = { standby: true, fingerprint: 'ffffffffffffffff' };
  await expect(take(other)).rejects.toThrow(StandbyUnusable);
  expect(await connections('platen-lock')).toBe(1);
});

it('a server whose connection is cut takes the lock again', async () => {
  const lock = await take();
  const lost = jest.fn();
  void lock.lost.then(lost);
  await cut('platen-lock');
  await until('the lock to be held again', () =>
    lines.find(({ msg }) => msg === 'the database is locked for this server again'),
  );
  expect(lost).not.toHaveBeenCalled();
  setLimit('DATABASE_LOCK_CHECK_MS', 20);
  setLimit('DATABASE_LOCK_WAIT_MS', 100);
  await expect(take()).rejects.toThrow(DatabaseInUse);
});

it('a server learns that another one has taken over', async () => {
  setLimit('DATABASE_LOCK_CHECK_MS', 20);
  const first = await take();
  // the other one is faster
  const taker = new Client({ connectionString: url });
  await taker.connect();
  const taken = taker.query("SELECT pg_advisory_lock(x'706c6174656e'::bigint)");
  await until('it to wait for the lock', async () => {
    const { rowCount } = await client.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    return rowCount === 1;
  });
  await cut('platen-lock');
  await taken;
  await first.lost;
  await taker.end();
});

describe('while PostgreSQL is away', () => {
  let postgres: PostgresServer;
  beforeAll(async () => (postgres = await PostgresServer.start()));
  afterAll(() => postgres?.remove());

  it('a server does not start, but a standby waits for both', async () => {
    setLimit('DATABASE_LOCK_CHECK_MS', 20);
    await postgres.stop();
    await expect(take({ url: postgres.url })).rejects.toThrow('ECONNREFUSED');
    const standby = take({ url: postgres.url, standby: true });
    await until('it to wait', () => lines.find(({ msg }) => msg === 'the database is away'));
    await postgres.start();
    await standby;
  });

  it('a server keeps waiting for it, and then has the lock again', async () => {
    const lock = await take({ url: postgres.url });
    const lost = jest.fn();
    void lock.lost.then(lost);
    const since = lines.length;
    await postgres.stop('SIGQUIT');
    await postgres.start();
    await until('the lock', () =>
      lines.slice(since).find(({ msg }) => msg === 'the database is locked for this server again'),
    );
    expect(lost).not.toHaveBeenCalled();
  });
});
