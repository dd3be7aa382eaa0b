/** The server does not start with this database. The message says what to do. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
}

const DAMAGED = ['SQLITE_CORRUPT', 'SQLITE_NOTADB'];

/** SQLite's code of an error that means that the file is damaged. */
export function damageIn(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return DAMAGED.find((each) => each === code);
}
