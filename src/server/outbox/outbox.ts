import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { jittered, timerMs } from '../../protocol/waits';

/** How often and when a failed attempt is repeated. */
export interface Retries {
  readonly firstMs: number;
  readonly mostMs: number;
  readonly attempts: number;
}

/**
 * Sends what is due, some at a time, in the order in which it is due: mails of notices, deliveries about alerts, reports. What
 * is due is in the database, so a restart loses none. An item is claimed before its attempt, and the claim ends with the
 * outcome: after a crash it is sent again, with the same ID, by which its receiver recognizes it.
 */
export abstract class Outbox<Item> implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  /** Replaces the first wait after a failure; undefined: that of `Retries`. */
  retryFirstMs: number | undefined;
  /** Milliseconds for what is being sent when the server stops. */
  stopMs = 2_000;
  /** Aborted when these are over. */
  protected readonly stopping = new AbortController();
  private readonly sending = new Map<string, Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private claiming: Promise<void> | undefined;
  private claimAgain = false;
  private stopped = false;

  protected constructor(
    protected readonly journal: Journal,
    /** For the journal. */
    private readonly what: string,
    /** Attempts at the same time. */
    private readonly connections: number,
  ) {}

  /**
   * Claims what has been due for longest, and counts the attempt.
   * @param except recipients to whom something is being sent
   */
  protected abstract claimNext(now: Date, except: readonly string[]): Promise<Item | undefined>;
  /** When the next item is due. @param except as for `claimNext` */
  protected abstract nextDue(except: readonly string[]): Promise<Date | undefined>;
  /** What was claimed by then is due again. */
  protected abstract releaseClaims(before: Date): Promise<void>;
  /** One at a time is sent to each. */
  protected abstract recipientOf(item: Item): string;
  /** Sends it, and stores the outcome. */
  protected abstract attempt(item: Item): Promise<void>;
  /** Whether anything can be sent. */
  protected isOn(): boolean {
    return true;
  }
  /** The longest time between two looks for what is due, in ms. */
  protected lookMs(): number {
    return Infinity;
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.isOn()) return;
    // no other process uses the database, so nothing that is claimed is being sent
    await this.releaseClaims(new Date());
    this.sendDue();
  }

  /** Sends what is due, now and whenever the next item is. */
  sendDue(): void {
    if (this.stopped || !this.isOn()) return;
    if (this.claiming) {
      this.claimAgain = true;
      return;
    }
    this.claimAgain = false;
    this.claiming = this.claimDue()
      .catch((error: unknown) => {
        this.journal.unexpected(error, `claiming ${this.what} that are due`);
        this.sendDueIn(LIMITS.OUTBOX_RETRY_MS);
      })
      .finally(() => {
        this.claiming = undefined;
        if (this.claimAgain) this.sendDue();
      });
  }

  private async claimDue(): Promise<void> {
    while (!this.stopped && this.sending.size < this.connections) {
      const claimed = await this.claimNext(new Date(), [...this.sending.keys()]);
      if (claimed === undefined) break;
      this.startAttempt(claimed);
    }
    // the end of an attempt continues here, with all connections in use and for its recipient
    if (this.sending.size >= this.connections) return;
    const next = await this.nextDue([...this.sending.keys()]);
    const ms = Math.min(next ? next.getTime() - Date.now() : Infinity, this.lookMs());
    if (ms < Infinity) this.sendDueIn(ms);
  }

  private sendDueIn(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => this.sendDue(), timerMs(ms));
  }

  private startAttempt(item: Item): void {
    const recipient = this.recipientOf(item);
    const attempt = this.attempt(item)
      // the claim stays for a while: what was sent, but whose outcome could not be stored, may have been received
      .catch((error: unknown) => {
        this.journal.unexpected(error, `sending ${this.what}`);
        setTimeout(() => this.releaseStale(), LIMITS.OUTBOX_STALE_MS).unref();
      })
      .finally(() => {
        this.sending.delete(recipient);
        this.sendDue();
      });
    this.sending.set(recipient, attempt);
  }

  private releaseStale(): void {
    if (this.stopped) return;
    this.releaseClaims(new Date(Date.now() - LIMITS.OUTBOX_STALE_MS))
      .then(() => this.sendDue())
      .catch((error: unknown) => {
        this.journal.unexpected(error, `releasing ${this.what}`);
        setTimeout(() => this.releaseStale(), LIMITS.OUTBOX_RETRY_MS).unref();
      });
  }

  /**
   * When a failed item is sent again: exponential back-off with jitter. undefined: not at all.
   * @param attempts that were made, the failed one included
   */
  protected nextAttempt(attempts: number, { firstMs, mostMs, attempts: most }: Retries): Date | undefined {
    if (attempts >= most) return undefined;
    const ceiling = Math.min(mostMs, (this.retryFirstMs ?? firstMs) * 2 ** (attempts - 1));
    return new Date(Date.now() + jittered(ceiling, { least: 0.5, most: 1 }));
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** While the database is still open. */
  async beforeApplicationShutdown(): Promise<void> {
    const abort = setTimeout(() => this.stopping.abort(), this.stopMs);
    await this.claiming; // what it claims is still sent
    await Promise.all(this.sending.values()).finally(() => clearTimeout(abort));
  }
}

/** Of mails, whatever they are about. A function: tests change limits. */
export const mailRetries = (): Retries => ({
  firstMs: LIMITS.MAIL_RETRY_FIRST_MS,
  mostMs: LIMITS.MAIL_RETRY_MAX_MS,
  attempts: LIMITS.MAIL_ATTEMPTS,
});
