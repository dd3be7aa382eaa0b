import type { ColumnOptions, DataSource, ValueTransformer } from 'typeorm';
import { seal, unseal } from '../../tunnel/sealed-text';

/** What is stored in an encrypted column was not encrypted for it, or with another key. */
export class ColumnUnreadable extends Error {
  override readonly name = 'ColumnUnreadable';
  constructor(place: string, cause: unknown) {
    super(`${place} cannot be decrypted: it was changed, or secrets.json was`, { cause });
  }
}

const locked = (): never => {
  throw new Error('This column is encrypted and its data source has not been unlocked');
};
/** Placeholder in the entity; each data source replaces it with a transformer that has its key. */
const LOCKED: ValueTransformer = { to: locked, from: locked };

/**
 * Any JSON value, encrypted with AES-256-GCM and stored as text. It cannot be searched. The names of table and column
 * are authenticated, so a value copied into another column cannot be decrypted.
 */
export const Encrypted = <_Value>(options: ColumnOptions = {}): ColumnOptions => ({
  type: 'text',
  ...options,
  transformer: LOCKED,
});

/** Gives the encrypted columns of one initialized data source their key (32 bytes). */
export function unlockColumns(dataSource: DataSource, key: Buffer): void {
  for (const { tableName, columns } of dataSource.entityMetadatas)
    for (const column of columns)
      if (column.transformer === LOCKED) column.transformer = sealing(key, `${tableName}.${column.databaseName}`);
}

function sealing(key: Buffer, place: string): ValueTransformer {
  return {
    to: (value: unknown) => (value == null ? value : seal(key, place, JSON.stringify(value))),
    from: (stored: string | null) => {
      if (stored === null) return null;
      try {
        return JSON.parse(unseal(key, place, stored)) as unknown;
      } catch (error) {
        throw new ColumnUnreadable(place, error);
      }
    },
  };
}
