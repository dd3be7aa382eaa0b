import { chmod } from 'node:fs/promises';
import { Database, type RunResult } from 'sqlite3';
import { halfLog, type HalfLog } from '../protocol/relay-rpc';
import type { Half } from '../protocol/remote-session';

/** What is kept of a link; session IDs only as hashes. */
export interface StoredLink {
  readonly linkId: string;
  readonly remoteSessionId: string;
  readonly connectBefore: string;
  readonly sessionIdHashes: Record<Half, string>;
}
/** A half without end log, as a killed relay leaves it behind. */
export interface OpenHalf {
  readonly linkId: string;
  readonly half: Half;
  readonly tokenHash: string | null;
}

/** Links whose logs have all been acknowledged are kept this long. */
const KEEP_DAYS = 30;

/**
 * A half's state follows from its logs (none: waiting, start: connected, end: ended), so that each change is one
 * statement. The lock is exclusive: a second relay on the same folder would end the halves of the first.
 */
const SCHEMA = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS link (
    link_id TEXT PRIMARY KEY, remote_session_id TEXT NOT NULL, connect_before TEXT NOT NULL,
    device_session_hash TEXT NOT NULL, terminal_session_hash TEXT NOT NULL
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

const OPEN_HALVES = `
  SELECT link.link_id AS linkId, half.column1 AS half, start.token_hash AS tokenHash
  FROM link CROSS JOIN (VALUES ('device'), ('terminal')) AS half
  LEFT JOIN half_log start ON start.link_id = link.link_id AND start.half = half.column1 AND start.kind = 'start'
  WHERE NOT EXISTS (
    SELECT 1 FROM half_log e WHERE e.link_id = link.link_id AND e.half = half.column1 AND e.kind = 'end')
  ORDER BY link.rowid, half.column1`;

/** The relay's own session management database ([0063], 64). Every write is on disk when its promise resolves. */
export class SessionLog {
  private constructor(private readonly database: Database) {}

  static async open(file: string): Promise<SessionLog> {
    const database = await new Promise<Database>((resolve, reject) => {
      const opening: Database = new Database(file, (error) => (error ? reject(error) : resolve(opening)));
    });
    database.configure('busyTimeout', 2_000);
    await new Promise<void>((resolve, reject) => database.exec(SCHEMA, (error) => (error ? reject(error) : resolve())));
    await chmod(file, 0o600);
    return new SessionLog(database);
  }

  async addLink({ linkId, remoteSessionId, connectBefore, sessionIdHashes }: StoredLink): Promise<void> {
    await this.#run('INSERT INTO link VALUES (?, ?, ?, ?, ?)', [
      linkId,
      remoteSessionId,
      connectBefore,
      sessionIdHashes.device,
      sessionIdHashes.terminal,
    ]);
  }

  /** A half has one start log and one end log at most: the database refuses a second one. */
  async write(log: HalfLog): Promise<void> {
    await this.#run('INSERT INTO half_log (id, link_id, half, kind, token_hash, log) VALUES (?, ?, ?, ?, ?, ?)', [
      log.id,
      log.linkId,
      log.half,
      log.event.kind,
      log.tokenHash,
      JSON.stringify(log),
    ]);
  }

  async acknowledge(id: string): Promise<void> {
    await this.#run('UPDATE half_log SET acknowledged = 1 WHERE id = ?', [id]);
  }

  /** In the order they were written. */
  async unacknowledged(): Promise<HalfLog[]> {
    const rows = await this.#all<{ log: string }>('SELECT log FROM half_log WHERE acknowledged = 0 ORDER BY number');
    return rows.map(({ log }) => halfLog.parse(JSON.parse(log)));
  }

  openHalves(): Promise<OpenHalf[]> {
    return this.#all<OpenHalf>(OPEN_HALVES);
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => this.database.close((error) => (error ? reject(error) : resolve())));
  }

  #run(sql: string, values: (string | null)[]): Promise<void> {
    return new Promise((resolve, reject) =>
      this.database.run(sql, values, function (this: RunResult, error: Error | null) {
        if (error) reject(error);
        else resolve();
      }),
    );
  }

  #all<Row>(sql: string): Promise<Row[]> {
    return new Promise((resolve, reject) =>
      this.database.all<Row>(sql, (error, rows) => (error ? reject(error) : resolve(rows))),
    );
  }
}
