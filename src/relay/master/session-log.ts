import { chmod } from 'node:fs/promises';
import { Database, type RunResult } from 'sqlite3';
import { halfLog, type HalfLog } from '../../protocol/relay-rpc';
import type { Half } from '../../protocol/remote-session';
import { RpcRefused } from '../../tunnel/json-rpc.errors';
import { NOT_STORED } from './rpc-refusals';

/** A link in the database; session IDs are stored as hashes. */
export interface StoredLink {
  readonly linkId: string;
  readonly remoteSessionId: string;
  readonly connectBefore: string;
  readonly sessionIdHashes: Record<Half, string>;
}
/** The link and the run that a log or a half belongs to. */
export interface Owner {
  readonly linkId: string;
  /** The run of the relay that made the link. */
  readonly instance: string;
}
/** A half without end log; a killed relay leaves such halves. */
export interface OpenHalf extends Owner {
  readonly half: Half;
  readonly tokenHash: string | null;
}

/** Links whose logs have all been acknowledged are kept this long. */
const KEEP_DAYS = 30;

/** How long a write waits for the other relay's write during a deployment. */
const BUSY_MS = 5_000;

/**
 * A half's state follows from its logs (none: waiting, start: connected, end: ended), so each change is one statement.
 * During a deployment, two relays share the file. They may have different versions, and the earlier one may return.
 * Therefore migrations only add columns, with a default.
 */
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS link (
    link_id TEXT PRIMARY KEY, remote_session_id TEXT NOT NULL, connect_before TEXT NOT NULL,
    device_session_hash TEXT NOT NULL, terminal_session_hash TEXT NOT NULL,
    instance TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE TABLE IF NOT EXISTS half_log (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    link_id TEXT NOT NULL, half TEXT NOT NULL, kind TEXT NOT NULL, token_hash TEXT,
    log TEXT NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0,
    UNIQUE (link_id, half, kind)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS half_log_unacknowledged ON half_log (number) WHERE acknowledged = 0;
  DELETE FROM link WHERE connect_before < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-${KEEP_DAYS} days')
    AND NOT EXISTS (SELECT 1 FROM half_log l WHERE l.link_id = link.link_id AND l.acknowledged = 0)
    AND 2 = (SELECT count(*) FROM half_log l WHERE l.link_id = link.link_id AND l.kind = 'end');
  DELETE FROM half_log WHERE link_id NOT IN (SELECT link_id FROM link);
`;

/** For files that were created before relays could share them. */
const ADD_INSTANCE = "ALTER TABLE link ADD COLUMN instance TEXT NOT NULL DEFAULT ''";

const OPEN_HALVES = `
  SELECT link.link_id AS linkId, link.instance AS instance, half.column1 AS half, start.token_hash AS tokenHash
  FROM link CROSS JOIN (VALUES ('device'), ('terminal')) AS half
  LEFT JOIN half_log start ON start.link_id = link.link_id AND start.half = half.column1 AND start.kind = 'start'
  WHERE NOT EXISTS (
    SELECT 1 FROM half_log e WHERE e.link_id = link.link_id AND e.half = half.column1 AND e.kind = 'end')
  ORDER BY link.rowid, half.column1`;

const UNACKNOWLEDGED = `
  SELECT link_id AS linkId, instance, log FROM half_log JOIN link USING (link_id)
  WHERE acknowledged = 0 ORDER BY number`;

const FULL = 'storage-full: the disk of the relay has no space left (SQLITE_FULL)';
const isFull = (error: Error): boolean => (error as { code?: unknown }).code === 'SQLITE_FULL';

/** The relay's session management database ([0063], 64). Every write is on disk when its promise resolves. */
export class SessionLog {
  private constructor(
    private readonly database: Database,
    private readonly instance: string,
  ) {}

  /** @param instance the run of the relay whose links will be added */
  static async open(file: string, instance: string): Promise<SessionLog> {
    const database = await new Promise<Database>((resolve, reject) => {
      const opening: Database = new Database(file, (error) => (error ? reject(error) : resolve(opening)));
    });
    database.configure('busyTimeout', BUSY_MS);
    database.serialize(); // statements run in the order of their calls
    const sessionLog = new SessionLog(database, instance);
    await new Promise<void>((resolve, reject) => database.exec(SCHEMA, (error) => (error ? reject(error) : resolve())));
    const columns = await sessionLog.#all<{ name: string }>('PRAGMA table_info(link)');
    if (!columns.some(({ name }) => name === 'instance')) await sessionLog.#run(ADD_INSTANCE, []);
    await chmod(file, 0o600);
    return sessionLog;
  }

  /** @throws RpcRefused if the disk is full */
  async addLink({ linkId, remoteSessionId, connectBefore, sessionIdHashes }: StoredLink): Promise<void> {
    const { device, terminal } = sessionIdHashes;
    await this.#run(
      `INSERT INTO link (link_id, remote_session_id, connect_before, device_session_hash, terminal_session_hash, instance)
       VALUES (?, ?, ?, ?, ?, ?)`,
      [linkId, remoteSessionId, connectBefore, device, terminal, this.instance],
    );
  }

  /**
   * A half has at most one start log and one end log; the first one is kept. The same log may be written again.
   * @returns whether `log` is the stored one
   * @throws RpcRefused if the disk is full
   */
  async write(log: HalfLog): Promise<boolean> {
    const changes = await this.#run(
      `INSERT INTO half_log (id, link_id, half, kind, token_hash, log) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      [log.id, log.linkId, log.half, log.event.kind, log.tokenHash, JSON.stringify(log)],
    );
    return changes > 0 || (await this.#all('SELECT 1 FROM half_log WHERE id = ?', [log.id])).length > 0;
  }

  async acknowledge(id: string): Promise<void> {
    await this.#run('UPDATE half_log SET acknowledged = 1 WHERE id = ?', [id]);
  }

  /** In the order they were written. */
  async unacknowledged(): Promise<(Owner & { log: HalfLog })[]> {
    const rows = await this.#all<Owner & { log: string }>(UNACKNOWLEDGED);
    return rows.map(({ log, ...owner }) => ({ ...owner, log: halfLog.parse(JSON.parse(log)) }));
  }

  openHalves(): Promise<OpenHalf[]> {
    return this.#all<OpenHalf>(OPEN_HALVES);
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => this.database.close((error) => (error ? reject(error) : resolve())));
  }

  /** @returns the number of rows changed */
  #run(sql: string, values: (string | null)[]): Promise<number> {
    return new Promise((resolve, reject) =>
      this.database.run(sql, values, function (this: RunResult, error: Error | null) {
        if (error) reject(isFull(error) ? new RpcRefused(NOT_STORED, FULL) : error);
        else resolve(this.changes);
      }),
    );
  }

  #all<Row>(sql: string, values: string[] = []): Promise<Row[]> {
    return new Promise((resolve, reject) =>
      this.database.all<Row>(sql, values, (error, rows) => (error ? reject(error) : resolve(rows))),
    );
  }
}
