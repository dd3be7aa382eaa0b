import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { BackupDamaged, BackupRefused } from './backup.errors';
import { ByteSource } from './byte-source';

/**
 * An encrypted backup: MAGIC, a salt, a check of the passphrase (HMAC-SHA256), then chunks of CHUNK_BYTES, the last one
 * shorter or as long, each encrypted with AES-256-GCM and followed by its tag. The nonce of a chunk is its number and whether it
 * is the last, so that none can be left out, moved or cut off. Key and check come from the passphrase by scrypt (RFC 7914).
 */
export const MAGIC = Buffer.from('platen-sealed-1\n');
const SALT_BYTES = 32;
const CHECK_BYTES = 32;
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
/** 128 MB and about half a second. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
const CIPHER = 'aes-256-gcm';

export async function* seal(source: AsyncIterable<Buffer>, passphrase: string): AsyncGenerator<Buffer> {
  const salt = randomBytes(SALT_BYTES);
  const { key, check } = await keysFrom(passphrase, salt);
  yield Buffer.concat([MAGIC, salt, check]);
  const bytes = new ByteSource(source);
  let chunk = await bytes.upTo(CHUNK_BYTES);
  for (let number = 0, isLast = false; !isLast; number += 1) {
    const next = await bytes.upTo(CHUNK_BYTES);
    isLast = next.length === 0;
    const cipher = createCipheriv(CIPHER, key, nonce(number, isLast));
    yield Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
    chunk = next;
  }
}

/**
 * Each chunk is authenticated before it is passed on.
 * @param source what follows MAGIC
 * @throws BackupRefused if the passphrase is wrong, BackupDamaged
 */
export async function* unseal(source: ByteSource, passphrase: string): AsyncGenerator<Buffer> {
  const salt = await source.exactly(SALT_BYTES);
  const { key, check } = await keysFrom(passphrase, salt);
  if (!timingSafeEqual(check, await source.exactly(CHECK_BYTES)))
    throw new BackupRefused('The passphrase is wrong. Nothing was restored.');
  let chunk = await source.upTo(CHUNK_BYTES + TAG_BYTES);
  for (let number = 0, isLast = false; !isLast; number += 1) {
    const next = await source.upTo(CHUNK_BYTES + TAG_BYTES);
    isLast = next.length === 0;
    yield opened(chunk, key, nonce(number, isLast));
    chunk = next;
  }
}

function opened(chunk: Buffer, key: Buffer, chunkNonce: Buffer): Buffer {
  if (chunk.length < TAG_BYTES) throw new BackupDamaged('it ends too early');
  const tag = chunk.subarray(chunk.length - TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, key, chunkNonce, { authTagLength: TAG_BYTES }).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(chunk.subarray(0, chunk.length - TAG_BYTES)), decipher.final()]);
  } catch {
    throw new BackupDamaged('it was changed, or ends too early');
  }
}

function nonce(number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUIntBE(number, 0, 6);
  bytes[11] = isLast ? 1 : 0;
  return bytes;
}

async function keysFrom(passphrase: string, salt: Buffer): Promise<{ key: Buffer; check: Buffer }> {
  const derived = await new Promise<Buffer>((resolve, reject) =>
    scrypt(passphrase.normalize('NFC'), salt, 64, SCRYPT, (error, bytes) => (error ? reject(error) : resolve(bytes))),
  );
  const check = createHmac('sha256', derived.subarray(32)).update(MAGIC).update(salt).digest();
  return { key: derived.subarray(0, 32), check };
}
