/** The two clocks differ by more than this only if the wall clock was set, or the machine was suspended. */
const STEP_MS = 3;
/** A second look tells a step from an interruption between the two readings. */
const LOOKS = 3;

/** How exactly the difference is measured when the program starts. */
const PRECISION_MS = 0.005;
/** More than enough to see the wall clock tick; an end for clocks that stand still. */
const MAX_MEASUREMENTS = 10_000;

/** Wall clock minus monotonic clock. Not `performance.timeOrigin`, which is milliseconds wrong on a busy machine. */
let offset = measured();

/**
 * Milliseconds since the epoch, with microseconds, so that the logs of several programs on one machine have one order.
 * Unlike `performance.timeOrigin + performance.now()`, it follows the wall clock after a suspension of the machine.
 */
export function wallClockMs(): number {
  let seen = difference();
  for (let look = 1; look < LOOKS && Math.abs(seen - offset) > STEP_MS; look++) seen = Math.max(seen, difference());
  // the largest difference is the most precise, because the wall clock has whole milliseconds only
  offset = Math.abs(seen - offset) > STEP_MS ? seen : Math.max(seen, offset);
  return offset + performance.now();
}

/**
 * Never more than the exact difference, and at most PRECISION_MS less. The wall clock has whole milliseconds only, which
 * bounds the difference from both sides; the bounds are closest where it ticks.
 */
function measured(): number {
  let [least, most] = [-Infinity, Infinity];
  for (let each = 0; each < MAX_MEASUREMENTS && most - least > PRECISION_MS; each++) {
    const before = performance.now();
    least = Math.max(least, difference());
    most = Math.min(most, Date.now() + 1 - before);
  }
  return least;
}

/** Never more than the exact difference: the wall clock rounds down, and an interruption delays the second reading. */
function difference(): number {
  const wall = Date.now();
  return wall - performance.now();
}
