import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { jittered } from '../../protocol/waits';
import { isUnavailable } from './database-errors';

export class DatabaseInUse extends Error {
  override readonly name = 'DatabaseInUse';

  constructor() {
    super(
      'Another server uses the database of PLATEN_DATABASE_URL. Stop it, or set PLATEN_STANDBY=yes to have this one take ' +
        'over when the other one stops.',
    );
  }
}

/** A standby that could not continue the work of the active server. */
export class StandbyUnusable extends Error {
  override readonly name = 'StandbyUnusable';
}

/** Of an advisory lock, which is one of its database: the text "platen" (PostgreSQL 16, 13.3.5). */
const KEY = '123610793796974';
/** Names of connections (`application_name`, at most 63 bytes), by which servers recognise each other. */
const LOCK_NAME = 'platen-lock';
const SERVER_NAME = 'platen-server';

const TRY = 'SELECT pg_try_advisory_lock($1) AS "isHeld"';
const HOLDER = `SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32 | l.objid::bigint) = $1`;
/** What an earlier server still sends must not be executed after its successor has read the database. */
const DISCONNECT_OTHERS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND usename = current_user
  AND application_name LIKE '${SERVER_NAME}/%' AND application_name <> $1`;

export interface DatabaseLockOptions {
  readonly url: string;
  /** Identifies the secrets of the server, hexadecimal: a standby with others could not serve its agents. */
  readonly fingerprint: string;
  /** Waits until the lock is free, also while the database is away. */
  readonly standby: boolean;
  readonly journal: Pick<Journal, 'info'>;
}

/**
 * The right of one server to use a PostgreSQL database. It is an advisory lock of a session, so that the database releases
 * it when the server dies or its computer disappears.
 */
export class DatabaseLock {
  readonly #id = randomBytes(4).toString('hex');
  readonly #name: string;
  readonly #stopping = new AbortController();
  #client: Client | undefined;
  #holds = false;
  #wake: (() => void) | undefined;
  #lose!: () => void;
  /** Resolves when another server holds the lock. */
  readonly lost = new Promise<void>((resolve) => (this.#lose = resolve));

  private constructor(private readonly options: DatabaseLockOptions) {
    this.#name = `${LOCK_NAME}/${this.#id}/${options.fingerprint}`;
  }

  /**
   * Takes the lock, and disconnects an earlier server from the database. Without `standby`, it is awaited for
   * LIMITS.DATABASE_LOCK_WAIT_MS only: a server that is restarted may still hold it.
   * @throws DatabaseInUse, StandbyUnusable; an error of the database
   */
  static async take(options: DatabaseLockOptions): Promise<DatabaseLock> {
    const lock = new DatabaseLock(options);
    try {
      await lock.#await();
    } catch (error) {
      await lock.release();
      throw error;
    }
    void lock.#keep();
    return lock;
  }

  /** For the other connections of this server: `application_name`. */
  get serverName(): string {
    return `${SERVER_NAME}/${this.#id}`;
  }

  async release(): Promise<void> {
    this.#stopping.abort();
    await this.#disconnect();
  }

  async #await(): Promise<void> {
    const { standby, journal } = this.options;
    const deadline = performance.now() + LIMITS.DATABASE_LOCK_WAIT_MS;
    for (let logged = ''; ; await this.#pause(jittered(LIMITS.DATABASE_LOCK_CHECK_MS, { least: 0.5, most: 1 }))) {
      const holder = await this.#attempt().catch(async (error: unknown) => {
        if (!standby || !isUnavailable(error)) throw error;
        await this.#disconnect();
        return error as Error;
      });
      if (holder === undefined) break;
      if (!standby && performance.now() >= deadline) throw new DatabaseInUse();
      if (!standby) continue;
      if (typeof holder === 'string') this.#requireSameSecrets(holder);
      const state =
        typeof holder === 'string' ? 'another server is active; this one stands by' : 'the database is away';
      if (state !== logged) journal.info((logged = state));
    }
    await this.#client!.query(DISCONNECT_OTHERS, [this.serverName]);
  }

  /** Notices within LIMITS.DATABASE_LOCK_CHECK_MS that the connection is lost, and takes the lock again if it is free. */
  async #keep(): Promise<void> {
    const { journal } = this.options;
    while (!this.#stopping.signal.aborted) {
      await this.#pause(LIMITS.DATABASE_LOCK_CHECK_MS);
      if (this.#stopping.signal.aborted) return;
      try {
        if (this.#holds) {
          await this.#client!.query('SELECT 1');
          continue;
        }
        const holder = await this.#attempt();
        if (holder === undefined) journal.info('the database is locked for this server again');
        // an earlier connection of this server may not have ended yet
        else if (holder !== this.#name) return this.#lose();
      } catch {
        await this.#disconnect();
      }
    }
  }

  /** @returns undefined if this server now holds the lock; otherwise the name of the holder's connection */
  async #attempt(): Promise<string | undefined> {
    const client = this.#client ?? (await this.#connect());
    const { rows } = await client.query<{ isHeld: boolean }>(TRY, [KEY]);
    this.#holds = rows[0]!.isHeld;
    if (this.#holds) return undefined;
    const holders = await client.query<{ name: string | null }>(HOLDER, [KEY]);
    return holders.rows[0]?.name ?? '';
  }

  async #connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.options.url,
      application_name: this.#name,
      connectionTimeoutMillis: LIMITS.DATABASE_CONNECT_MS,
      query_timeout: LIMITS.DATABASE_ANSWER_MS,
      keepAlive: true,
    });
    client.on('error', () => undefined); // the end follows
    client.once('end', () => this.#ended(client));
    this.#client = client;
    await client.connect();
    return client;
  }

  #ended(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#holds = false;
    this.#wake?.();
  }

  /** Also of a connection that does not answer. */
  async #disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#holds = false;
    if (client)
      await Promise.race([
        client.end().catch(() => undefined),
        delay(LIMITS.DATABASE_CONNECT_MS, undefined, { ref: false }),
      ]);
  }

  #requireSameSecrets(holder: string): void {
    const [kind, , fingerprint] = holder.split('/');
    if (kind !== LOCK_NAME || fingerprint === this.options.fingerprint) return;
    throw new StandbyUnusable(
      'The secrets in PLATEN_DATA are not those of the active server. Copy its data folder to this server, or use a folder ' +
        'that both share: see "Standby server" in docs/RUNNING.md',
    );
  }

  /** Ends early when the connection is lost. */
  async #pause(ms: number): Promise<void> {
    const early = new AbortController();
    this.#wake = () => early.abort();
    const stop = () => early.abort();
    this.#stopping.signal.addEventListener('abort', stop);
    await delay(ms, undefined, { signal: early.signal, ref: !this.#holds }).catch(() => undefined);
    this.#stopping.signal.removeEventListener('abort', stop);
  }
}
