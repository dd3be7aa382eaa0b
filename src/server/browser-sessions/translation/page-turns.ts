import { performance } from 'node:perf_hooks';

/** Work in one go, after which the event loop is free for others. */
const TURN_MS = 2;
/** Rest after work, as a multiple of its time: translation gets a quarter of the event loop. */
const REST = 3;
/** Each byte counts at least as this much work, for the threads that compress it. */
const BYTES_PER_MS = 50_000;

interface Work {
  readonly bytes: number;
  readonly run: () => void;
}

/**
 * Shares the event loop between the translation of pages and everything else that the server does. Devices decide how
 * much there is to translate; it takes longer, and the console stays as fast as it is. Sessions take turns.
 */
export class PageTurns {
  private readonly waiting = new Map<object, Work[]>();
  /** When the rest after the work so far is over. */
  private restedAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private running = false;

  /** Runs `run` now or later. @param session whose turn it uses. @param run must not throw */
  take(session: object, bytes: number, run: () => void): void {
    const own = this.waiting.get(session);
    if (own) own.push({ bytes, run });
    else this.waiting.set(session, [{ bytes, run }]);
    if (!this.running && !this.timer) this.work();
  }

  private work(): void {
    this.running = true;
    for (let next = this.next(); next; next = this.next()) {
      const start = performance.now();
      next.run();
      const spent = Math.max(performance.now() - start, next.bytes / BYTES_PER_MS);
      this.restedAt = Math.max(this.restedAt, start) + spent * (1 + REST);
    }
    this.running = false;
  }

  /** undefined: nothing is waiting, or it is time to rest. */
  private next(): Work | undefined {
    const [first] = this.waiting;
    if (!first) return undefined;
    const rest = this.restedAt - performance.now();
    if (rest > TURN_MS * (1 + REST)) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.work();
      }, rest);
      return undefined;
    }
    const [session, works] = first;
    const next = works.shift();
    this.waiting.delete(session);
    if (works.length > 0) this.waiting.set(session, works);
    return next;
  }
}
