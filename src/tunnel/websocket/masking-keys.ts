import { randomFillSync } from 'node:crypto';

/** One call for many keys, because each one costs more than a key. */
const keys = new Int32Array(2048);
let used = keys.length;

/** A masking key that cannot be predicted (RFC 6455 5.3, 10.3). */
export function maskingKey(): number {
  if (used === keys.length) {
    randomFillSync(keys);
    used = 0;
  }
  return keys[used++]!;
}
