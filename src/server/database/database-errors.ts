import { QueryFailedError, type DataSource, type QueryRunner } from 'typeorm';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { ProblemError } from '../../protocol/problems';
import type { StorageReserve } from './storage-reserve';

/** The database does not answer, or accepts no statement. */
export class DatabaseUnavailable extends ProblemError {
  constructor(cause: unknown) {
    super('database-unavailable', 'It does not answer. Repeat the request.', undefined, RETRY_SECONDS);
    this.cause = cause;
  }
}

/** Nothing of what was to be stored is stored. */
export class StorageFull extends ProblemError {
  constructor(cause?: unknown) {
    super('storage-full', 'The database has no space left.');
    this.cause = cause;
  }
}

/** SQLite's code, and that of PostgreSQL. */
const FULL = ['SQLITE_FULL', '53100'];

const RETRY_SECONDS = 2;
/** A statement that needs space. */
const WRITING = /^(INSERT|UPDATE)/i;
const INSERTED = /^INSERT (?:OR \w+ )?INTO "?(\w+)/i;
/** What is recorded when a session or a job ends, or somebody logs in to end one. */
const OF_ENDINGS = ['half_logs', 'session_steps', 'audit_events', 'notices', 'cookie_sessions'];
/** A statement that stores something new, for which the reserve is not there. */
const storesNew = (statement: string): boolean => {
  const table = INSERTED.exec(statement)?.[1];
  return table !== undefined && !OF_ENDINGS.includes(table);
};

/**
 * Errors of Node.js, SQLSTATE classes and codes of PostgreSQL (Appendix A: connection exceptions, insufficient
 * resources, shutdown and start), and result codes of SQLite.
 */
const CODES =
  /^(E(CONN\w+|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|HOSTDOWN|NOTFOUND|AI_AGAIN)|ENOENT|08\w{3}|53[023]\d\d|57P0[1-3]|SQLITE_(BUSY|LOCKED|IOERR|CANTOPEN)\w*)$/;
/** The driver `pg` gives these errors no code. */
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (has encountered a connection|was closed))/;

/** Whether an error of the database driver means that the database is not available, rather than that it refused. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof QueryFailedError) return isUnavailable(error.driverError);
  const { code, message, errors } = (error ?? {}) as { code?: unknown; message?: unknown; errors?: unknown };
  if (Array.isArray(errors)) return errors.some(isUnavailable); // one for each address of its name
  return typeof code === 'string' ? CODES.test(code) : MESSAGES.test(String(message));
}

/** The code of an error of the database driver that means that there is no space left. */
function fullnessIn(error: unknown): string | undefined {
  if (error instanceof QueryFailedError) return fullnessIn(error.driverError);
  const { code } = (error ?? {}) as { code?: unknown };
  return FULL.find((each) => each === code);
}

const spaceOf = new WeakMap<DataSource, () => Promise<boolean>>();

/** Whether something new can be stored, as far as is known: the probe of a disk finds the space that the reserve has left. */
export const hasSpace = (dataSource: DataSource): Promise<boolean> =>
  spaceOf.get(dataSource)?.() ?? Promise.resolve(true);

/**
 * Names the errors of a database that is not available or full, and logs when that begins and ends.
 * @param reserve released when the disk is full; only what ends sessions and jobs may use it
 */
export function nameDatabaseErrors(
  dataSource: DataSource,
  journal: Journal,
  reserve?: Pick<StorageReserve, 'occupy' | 'release'>,
): void {
  const { driver } = dataSource;
  const create = driver.createQueryRunner.bind(driver);
  const isRemote = dataSource.options.type === 'postgres';
  let isAway = false;
  let isFull = false;
  const hasSpaceAgain = (): void => {
    if (isFull) journal.info('the database has space again');
    isFull = false;
  };
  /** With a reserve, there is space when the reserve has its space again. */
  const findSpace = async (): Promise<boolean> => {
    if (isFull && (await reserve?.occupy())) hasSpaceAgain();
    return !isFull;
  };
  if (reserve) spaceOf.set(dataSource, findSpace);
  driver.createQueryRunner = (mode) => {
    const runner = create(mode);
    const query = runner.query.bind(runner) as (...parameters: unknown[]) => Promise<never>;
    runner.query = async (...parameters: unknown[]) => {
      const statement = String(parameters[0]);
      if (isFull && reserve && storesNew(statement) && !(await findSpace())) throw new StorageFull();
      const closing = isRemote ? setTimeout(() => void closeConnection(runner), LIMITS.DATABASE_ANSWER_MS) : undefined;
      try {
        const result = await query(...parameters);
        if (isAway) journal.info('the database is available again');
        isAway = false;
        if (!reserve && WRITING.test(statement)) hasSpaceAgain();
        return result;
      } catch (error) {
        const full = fullnessIn(error);
        if (full !== undefined) {
          if (!isFull) journal.error(`the database has no space left (${full}); free some`);
          const isFirst = !isFull;
          isFull = true;
          if (isFirst) await reserve?.release();
          // a transaction has been rolled back by now; its owner repeats it
          if (!isFirst || !reserve || runner.isTransactionActive || storesNew(statement)) throw new StorageFull(error);
          return query(...parameters).catch((again: unknown) => {
            throw fullnessIn(again) === undefined ? again : new StorageFull(again);
          });
        }
        if (!isUnavailable(error)) throw error;
        if (!isAway) journal.error('the database is not available', { detail: detailOf(error) });
        isAway = true;
        throw new DatabaseUnavailable(error);
      } finally {
        clearTimeout(closing);
      }
    };
    return runner;
  };
}

/** The statement that waits for an answer fails, and PostgreSQL rolls back its transaction. Never rejects. */
async function closeConnection(runner: QueryRunner): Promise<void> {
  try {
    const connection = (await runner.connect()) as { end: () => Promise<void> };
    await connection.end();
  } catch {
    // it has no connection
  }
}

function detailOf(error: unknown): string {
  const { message, errors = [] } = error as Error & { errors?: unknown[] };
  return message || errors.map(detailOf).join('; ');
}
