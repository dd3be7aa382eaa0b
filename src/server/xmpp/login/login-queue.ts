import { RETRY_AFTER_SECONDS } from '../../../protocol/waits';
import { TokenBucket } from '../../../tunnel/token-bucket';
import { Pacer } from '../pacer';
import type { XmppLimits } from '../xmpp-limits';

/** Call it when the login is complete, or its stream has ended; a second call does nothing. */
export type Admitted = () => void;

/**
 * Admits agents that have proved their password at XMPP_LOGINS_PER_SECOND, first come, first served, and no more than
 * XMPP_LOGINS_AT_ONCE whose first request is not answered yet. When all agents return at once, XMPP_LOGINS_WAITING of them
 * wait here, for XMPP_LOGIN_WAIT_MS, and the others are asked to return later, each at a time of its own. So is an agent that
 * logs in more often than XMPP_LOGINS_PER_ACCOUNT: it takes the turn of no other one.
 */
export class LoginQueue {
  private readonly waiting: { readonly since: number; readonly settle: (outcome: Admitted | number) => void }[] = [];
  private readonly pacer: Pacer;
  /** By account, the last to log in last. */
  private readonly rates = new Map<string, TokenBucket>();
  private incomplete = 0;
  /** When the last of those that were asked to return later is expected. */
  private returnAt = 0;

  constructor(private readonly limits: XmppLimits) {
    this.pacer = new Pacer(limits.XMPP_LOGINS_PER_SECOND, () => this.admitNext());
  }

  get isWaitedIn(): boolean {
    return this.waiting.length > 0;
  }

  /** Resolves when this login is admitted, or with the number of seconds after which to return if too many wait. */
  async enter(account: string): Promise<Admitted | number> {
    const early = this.rateOf(account).take();
    if (early > 0) return Math.min(Math.ceil(early / 1000), RETRY_AFTER_SECONDS.most);
    let settle!: (outcome: Admitted | number) => void;
    const admission = new Promise<Admitted | number>((resolve) => (settle = resolve));
    this.waiting.push({ since: performance.now(), settle });
    this.pacer.wake();
    if (this.waiting.length <= this.limits.XMPP_LOGINS_WAITING) return admission;
    this.waiting.pop();
    return this.secondsUntilReturn();
  }

  private rateOf(account: string): TokenBucket {
    const { XMPP_LOGINS_PER_ACCOUNT: perMinute, XMPP_CONNECTIONS } = this.limits;
    const rate = this.rates.get(account) ?? new TokenBucket(perMinute / 60, perMinute);
    this.rates.delete(account);
    this.rates.set(account, rate);
    for (const oldest of this.rates.keys()) {
      if (this.rates.size <= XMPP_CONNECTIONS) break;
      this.rates.delete(oldest);
    }
    return rate;
  }

  private admitNext(): boolean {
    if (this.incomplete >= this.limits.XMPP_LOGINS_AT_ONCE) return false;
    // an agent gives up soon after that time
    const oldest = performance.now() - this.limits.XMPP_LOGIN_WAIT_MS;
    let next = this.waiting.shift();
    for (; next && next.since <= oldest; next = this.waiting.shift()) next.settle(this.secondsUntilReturn());
    if (!next) return false;
    this.incomplete += 1;
    let isComplete = false;
    const complete = () => {
      if (isComplete) return;
      isComplete = true;
      clearTimeout(late);
      this.incomplete -= 1;
      this.pacer.wake();
    };
    const late = setTimeout(complete, this.limits.XMPP_LOGIN_COMPLETE_MS).unref();
    next.settle(complete);
    return true;
  }

  private secondsUntilReturn(): number {
    const now = performance.now();
    const stepMs = 1000 / this.limits.XMPP_LOGINS_PER_SECOND;
    this.returnAt = Math.max(this.returnAt + stepMs, now + this.waiting.length * stepMs);
    return Math.min(Math.max(1, Math.ceil((this.returnAt - now) / 1000)), RETRY_AFTER_SECONDS.most);
  }
}
