import { unmask as unmaskNatively } from 'bufferutil';

/** Measured: below it, a call into native code costs more than it saves. */
const NATIVE_FROM_BYTES = 96;
const KEY = Buffer.alloc(4);

/**
 * Unmasks buffer[from, to) in place (RFC 6455 5.3).
 * @param key the four bytes that apply to the first four bytes of the range, little-endian
 */
export function unmask(buffer: Buffer, from: number, to: number, key: number): void {
  if (key === 0) return;
  KEY.writeInt32LE(key, 0);
  if (to - from >= NATIVE_FROM_BYTES) return unmaskNatively(buffer.subarray(from, to), KEY);
  for (let at = from; at < to; at++) buffer[at]! ^= KEY[(at - from) & 3]!;
}

/** The key for the bytes that follow `count` bytes. */
export function rotated(key: number, count: number): number {
  const bits = (count & 3) * 8;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}
