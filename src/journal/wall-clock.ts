/** More ticks make the result more precise on a busy machine. */
const TICKS = 3;
/** The clocks differ by more than this only if the wall clock was set, or the machine was suspended. */
const STEP_MS = 3;

let offset = measureOffset();

/**
 * Milliseconds since the epoch, with microseconds, so that the logs of several programs on one machine have one order.
 * Unlike `performance.timeOrigin + performance.now()`, it follows the wall clock after a suspension of the machine.
 */
export function wallClockMs(): number {
  const wall = Date.now();
  const now = offset + performance.now();
  if (Math.abs(now - wall) < STEP_MS) return now;
  offset = measureOffset();
  return offset + performance.now();
}

/** Wall clock minus monotonic clock, read at the moments at which the wall clock, which has milliseconds only, ticks. */
function measureOffset(): number {
  let found = -Infinity;
  for (let tick = 0; tick < TICKS; tick++) {
    const before = Date.now();
    let wall = before;
    while (wall === before) wall = Date.now();
    // an interruption between the two readings makes the difference smaller, never larger
    found = Math.max(found, wall - performance.now());
  }
  return found;
}
