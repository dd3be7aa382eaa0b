import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { ColumnOptions, DataSource, ValueTransformer } from 'typeorm';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const locked = (): never => {
  throw new Error('This column is encrypted and its data source has not been unlocked');
};
/** Stands in the entity; each data source replaces it by a transformer with its own key. */
const LOCKED: ValueTransformer = { to: locked, from: locked };

/**
 * Any JSON value, stored as AES-256-GCM in text. It cannot be searched for. The name of table and column is
 * authenticated with it, so that a value copied into another column does not open.
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
    from: (stored: string | null) => (stored === null ? null : (JSON.parse(open(key, place, stored)) as unknown)),
  };
}

/** base64url of nonce, tag and ciphertext. */
function seal(key: Buffer, place: string, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

function open(key: Buffer, place: string, stored: string): string {
  const bytes = Buffer.from(stored, 'base64url');
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(place))
    .setAuthTag(tag);
  const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  return text.toString('utf8');
}
