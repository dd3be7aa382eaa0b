import { createHash, type BinaryLike } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

export const sha256 = (data: BinaryLike): Buffer => createHash('sha256').update(data).digest();

export const sha256Hex = (data: BinaryLike): string => sha256(data).toString('hex');

/** Hexadecimal SHA-256 of a file. @throws the error of the file system */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Base64url SHA-256 of a random secret, to store or log instead of it. Not for passwords: it is too fast. */
export const secretHash = (secret: string): string => sha256(secret).toString('base64url');
