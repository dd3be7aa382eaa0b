import { createCipheriv } from 'node:crypto';

const KEY = Buffer.from('platen demo file');
const BLOCK = 16;
const PIECE = 64 * 1024;

/**
 * Bytes [start, end) of an endless file with the same content on every computer: the key stream of AES-128 in counter
 * mode, which can start at any byte. At most 64 KB at a time.
 */
export function* pseudoRandomBytes(start: number, end: number): Generator<Buffer> {
  const counter = Buffer.alloc(BLOCK);
  counter.writeBigUInt64BE(BigInt(Math.floor(start / BLOCK)), 8);
  const cipher = createCipheriv('aes-128-ctr', KEY, counter);
  cipher.update(Buffer.alloc(start % BLOCK));
  const zeros = Buffer.alloc(Math.min(PIECE, Math.max(0, end - start)));
  for (let at = start; at < end; at += PIECE) yield cipher.update(zeros.subarray(0, Math.min(PIECE, end - at)));
}
