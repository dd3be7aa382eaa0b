import { RETRY_AFTER_SECONDS } from '../../../protocol/waits';
import type { XmppLimits } from '../xmpp-limits';

/** A late tick admits no more than one in time, so that a server that is busy admits fewer. */
const TICK_MS = 25;

/**
 * Admits agents that have proved their password at XMPP_LOGINS_PER_SECOND, first come, first served. When all agents return
 * at once, XMPP_LOGINS_WAITING of them wait here, and the others are asked to return later, each at a time of its own.
 */
export class LoginQueue {
  private readonly waiting: (() => void)[] = [];
  private readonly most: number;
  private left: number;
  private filledAt = performance.now();
  private timer: NodeJS.Timeout | undefined;
  /** When the last of those that were asked to return later is expected. */
  private returnAt = 0;

  constructor(private readonly limits: Pick<XmppLimits, 'XMPP_LOGINS_PER_SECOND' | 'XMPP_LOGINS_WAITING'>) {
    this.most = Math.max(1, Math.round((limits.XMPP_LOGINS_PER_SECOND * TICK_MS) / 1000));
    this.left = this.most;
  }

  /** Resolves when this login is admitted. @returns the number of seconds after which to return, if too many wait */
  async enter(): Promise<number | undefined> {
    this.fill();
    if (this.waiting.length === 0 && this.left >= 1) {
      this.left -= 1;
      return undefined;
    }
    if (this.waiting.length >= this.limits.XMPP_LOGINS_WAITING) return this.secondsUntilReturn();
    await new Promise<void>((resolve) => {
      this.waiting.push(resolve);
      this.arm();
    });
    return undefined;
  }

  private arm(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.fill();
      for (; this.left >= 1 && this.waiting.length > 0; this.left -= 1) this.waiting.shift()?.();
      if (this.waiting.length > 0) this.arm();
    }, TICK_MS).unref();
  }

  private fill(): void {
    const now = performance.now();
    const earned = ((now - this.filledAt) / 1000) * this.limits.XMPP_LOGINS_PER_SECOND;
    this.filledAt = now;
    this.left = Math.min(this.most, this.left + earned);
  }

  private secondsUntilReturn(): number {
    const now = performance.now();
    const stepMs = 1000 / this.limits.XMPP_LOGINS_PER_SECOND;
    this.returnAt = Math.max(this.returnAt + stepMs, now + this.waiting.length * stepMs);
    return Math.min(Math.ceil((this.returnAt - now) / 1000), RETRY_AFTER_SECONDS.most);
  }
}
