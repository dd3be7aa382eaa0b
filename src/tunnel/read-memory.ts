import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Much less than the 64 MB of buffers after which V8 collects the whole heap. */
export const COLLECTED_BYTES = 8 * 1024 * 1024;

let carried = 0;
let isPlanned = false;
let collectYoung: (() => void) | undefined;

/**
 * Counts what a tunnel carries, and frees the memory of it after each COLLECTED_BYTES by a collection of young objects. Each read
 * has a buffer of its own that is soon unused. V8 itself would collect the whole heap, which takes a third of the processor time
 * of a transfer, because nothing else makes young objects in such numbers.
 */
export function countCarried(bytes: number): void {
  carried += bytes;
  if (carried < COLLECTED_BYTES || isPlanned) return;
  isPlanned = true;
  // When the caller has finished with its piece.
  setImmediate(() => {
    isPlanned = false;
    carried = 0;
    collectYoung ??= youngCollector();
    collectYoung();
  });
}

/** V8 has the function only in contexts that are made while the flag is set. */
function youngCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;
  setFlagsFromString('--no-expose-gc');
  return () => collect({ type: 'minor' });
}
