import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { LIMITS } from '../../protocol/limits';

/** What happened to the connection of this computer. */
export type Disturbance = 'suspended' | 'address-lost';

/**
 * Notices that a connection is probably dead long before a ping would: this computer was suspended, in which time others
 * have given the connection up, or it no longer has the address that the connection has.
 */
export class Disturbances {
  #hasLostAddress = false;

  /** @param localAddress of the connection; undefined if it is not known */
  constructor(private readonly localAddress: () => string | undefined) {}

  /** Waits. @returns a disturbance as soon as it is noticed, the loss of the address once */
  async during(
    waitMs: number,
    signal: AbortSignal,
    pollEveryMs: number = LIMITS.DISTURBANCE_POLL_MS,
  ): Promise<Disturbance | undefined> {
    const until = performance.now() + waitMs;
    let before = clocks();
    while (!signal.aborted) {
      const leftMs = until - performance.now();
      if (leftMs <= 0) return undefined;
      const sliceMs = Math.min(leftMs, pollEveryMs);
      await delay(sliceMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return undefined;
      const after = clocks();
      if (wasSuspended(before, after, sliceMs)) return 'suspended';
      before = after;
      if (this.hasLostAddress() && !this.#hasLostAddress) {
        this.#hasLostAddress = true;
        return 'address-lost';
      }
    }
    return undefined;
  }

  /** Whether this computer no longer has the address of the connection. */
  hasLostAddress(): boolean {
    const address = this.localAddress()?.replace(/%.*$/, '');
    if (address === undefined || address.startsWith('127.')) return false;
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    return !own.some((each) => each.address.replace(/%.*$/, '') === address);
  }
}

interface Clocks {
  readonly wall: number;
  readonly monotonic: number;
}
const clocks = (): Clocks => ({ wall: Date.now(), monotonic: performance.now() });

/**
 * Whether much more time has passed than was waited for. The monotonic clock stands still in a suspended computer, and the
 * time of day does not; in a stopped process both run. A clock that is set looks the same, and a ping does no harm.
 */
function wasSuspended(before: Clocks, after: Clocks, waitedMs: number): boolean {
  const [wall, monotonic] = [after.wall - before.wall, after.monotonic - before.monotonic];
  return Math.max(monotonic - waitedMs, Math.abs(wall - waitedMs)) > LIMITS.SUSPENDED_MS;
}
