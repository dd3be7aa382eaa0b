import { endianness } from 'node:os';
import { mask as maskNatively, unmask as unmaskNatively } from 'bufferutil';

/** Measured: below it, a call into native code costs more than it saves. */
const NATIVE_FROM_BYTES = 2048;
const KEY = Buffer.alloc(4);
/** Words are read in the order of the machine's bytes, keys little-endian. */
const HAS_WORDS = endianness() === 'LE';

/**
 * Unmasks buffer[from, to) in place (RFC 6455 5.3).
 * @param key the four bytes that apply to the first four bytes of the range, little-endian
 */
export function unmask(buffer: Buffer, from: number, to: number, key: number): void {
  if (key === 0) return;
  if (HAS_WORDS && to - from < NATIVE_FROM_BYTES) return unmaskInWords(buffer, from, to, key);
  KEY.writeInt32LE(key, 0);
  unmaskNatively(buffer.subarray(from, to), KEY);
}

/**
 * Copies `source` to `target` at an offset, masked (RFC 6455 5.3).
 * @param key the four bytes that apply to the first four bytes of the source, little-endian
 */
export function maskTo(source: Buffer, target: Buffer, at: number, key: number): void {
  if (source.length < NATIVE_FROM_BYTES) {
    source.copy(target, at);
    return unmask(target, at, at + source.length, key);
  }
  KEY.writeInt32LE(key, 0);
  maskNatively(source, KEY, target, at, source.length);
}

/** The key for the bytes that follow `count` bytes. */
export function rotated(key: number, count: number): number {
  const bits = (count & 3) * 8;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}

function unmaskInWords(buffer: Buffer, from: number, to: number, key: number): void {
  if (buffer !== viewed) view(buffer);
  const inWords = words;
  let at = from;
  for (; at < to && ((byteOffset + at) & 3) !== 0; at++) buffer[at]! ^= byteOf(key, at - from);
  if (at === to) return;
  const word = rotated(key, at - from);
  const end = (byteOffset + to) >>> 2;
  let index = (byteOffset + at) >>> 2;
  for (; index < end - 3; index += 4) {
    inWords[index]! ^= word;
    inWords[index + 1]! ^= word;
    inWords[index + 2]! ^= word;
    inWords[index + 3]! ^= word;
  }
  for (; index < end; index++) inWords[index]! ^= word;
  for (at = end * 4 - byteOffset; at < to; at++) buffer[at]! ^= byteOf(word, byteOffset + at);
}

const byteOf = (key: number, index: number): number => key >>> ((index & 3) * 8);

/** The buffer that was unmasked last, in words: one read has many frames. */
let viewed: Buffer | undefined;
let words: Int32Array = new Int32Array();
let byteOffset = 0;
function view(buffer: Buffer): void {
  viewed = buffer;
  words = new Int32Array(buffer.buffer, 0, buffer.buffer.byteLength >>> 2);
  byteOffset = buffer.byteOffset;
}
