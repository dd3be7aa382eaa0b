import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import { jittered, timerMs } from '../../../protocol/waits';
import { WEBHOOK_TYPES } from '../../../protocol/webhook';
import { CONFIG, type Config } from '../../config/config';
import { MailFailed, MailTransport } from '../../notices/mail/mail-transport';
import { AlertSettingsService } from '../settings/alert-settings.service';
import { alertMailOf } from './alert-mail';
import { DeliveriesRepository, type Outcome } from './deliveries.repository';
import type { DeliveryEntity } from './delivery.entity';
import { afterQuiet } from './quiet-hours';
import { WebhookFailed, WebhookTransport } from './webhook-transport';
import { WebhooksRepository } from './webhooks.repository';

const ERROR_CHARACTERS = 300;
/** Longer than any attempt. */
const STALE_MS = 2 * LIMITS.MAIL_ACCEPT_MS;
const DROPPED: Outcome = { state: 'dropped', nextAttemptAt: null, error: '' };

/** How often and when a failed attempt is repeated. */
const RETRIES = {
  mail: { firstMs: LIMITS.MAIL_RETRY_FIRST_MS, mostMs: LIMITS.MAIL_RETRY_MAX_MS, attempts: LIMITS.MAIL_ATTEMPTS },
  webhook: {
    ...{ firstMs: LIMITS.WEBHOOK_RETRY_FIRST_MS, mostMs: LIMITS.WEBHOOK_RETRY_MAX_MS },
    attempts: LIMITS.WEBHOOK_ATTEMPTS,
  },
} as const;

/**
 * Sends what is due about alerts, one delivery to each recipient at a time. Deliveries are in the database, so a restart
 * loses none: one whose attempt was interrupted is sent again, with the same ID.
 */
@Injectable()
export class DeliveryOutbox implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  /** Replaces the first wait after a failure; undefined: that of RETRIES. */
  retryFirstMs: number | undefined;
  /** Milliseconds for deliveries that are being sent when the server stops. */
  stopMs = 2_000;
  /** By recipient. */
  private readonly sending = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private claiming = false;
  private claimAgain = false;
  private stopped = false;

  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly webhooks: WebhooksRepository,
    private readonly settings: AlertSettingsService,
    private readonly mails: MailTransport,
    private readonly transport: WebhookTransport,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // no other process uses the database, so no claimed delivery is being sent
    await this.deliveries.releaseClaims(new Date());
    this.sendDue();
  }

  /** Deliveries whose outcome could not be stored are sent again, with the same ID. */
  async releaseStale(now: Date): Promise<void> {
    await this.deliveries.releaseClaims(new Date(now.getTime() - STALE_MS));
    this.sendDue();
  }

  /** Sends the deliveries that are due, now and whenever the next one is due. */
  sendDue(): void {
    if (this.stopped) return;
    if (this.claiming) {
      this.claimAgain = true;
      return;
    }
    this.claiming = true;
    this.claimAgain = false;
    this.claimDue()
      .catch((error: unknown) => {
        this.journal.unexpected(error, 'claiming deliveries of alerts that are due');
        this.sendDueIn(LIMITS.ALERT_RETRY_MS);
      })
      .finally(() => {
        this.claiming = false;
        if (this.claimAgain) this.sendDue();
      });
  }

  private async claimDue(): Promise<void> {
    while (!this.stopped && this.sending.size < LIMITS.WEBHOOK_CONNECTIONS) {
      const claimed = await this.deliveries.claimNext(new Date(), [...this.sending.keys()]);
      if (!claimed) break;
      this.startAttempt(claimed);
    }
    // the end of an attempt continues here, with all connections in use and for its recipient
    if (this.sending.size >= LIMITS.WEBHOOK_CONNECTIONS) return;
    const next = await this.deliveries.nextDue([...this.sending.keys()]);
    if (next) this.sendDueIn(next.getTime() - Date.now());
  }

  private sendDueIn(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => this.sendDue(), timerMs(ms));
  }

  private startAttempt(delivery: DeliveryEntity): void {
    const { recipientKey } = delivery;
    const attempt = this.attempt(delivery)
      // the claim stays for STALE_MS: one whose outcome could not be stored may have been received
      .catch((error: unknown) => void this.journal.unexpected(error, 'sending an alert'))
      .finally(() => {
        this.sending.delete(recipientKey);
        this.sendDue();
      });
    this.sending.set(recipientKey, attempt);
  }

  private async attempt(delivery: DeliveryEntity): Promise<void> {
    const { id, customerId, event } = delivery;
    const { quiet } = await this.settings.for(customerId);
    const now = new Date();
    const at = event === 'test' ? now : afterQuiet(quiet, now);
    if (at > now) return this.deliveries.postpone(delivery, at);
    try {
      if (!(await this.sent(delivery))) return await this.deliveries.settle(id, DROPPED);
    } catch (error) {
      if (!(error instanceof MailFailed || error instanceof WebhookFailed)) throw error;
      return this.failed(delivery, error);
    }
    this.journal.info('an alert has been sent', { deliveryId: id, attempts: delivery.attempts });
    await this.deliveries.settle(id, { state: 'sent', nextAttemptAt: null, error: '' });
  }

  /** @returns false if its recipient was removed */
  private async sent({ id, webhookId, customerId, recipient, content, at }: DeliveryEntity): Promise<boolean> {
    const { signal } = this.stopping;
    if (webhookId !== null) {
      const webhook = await this.webhooks.find(webhookId);
      if (!webhook || (!webhook.active && content.type !== WEBHOOK_TYPES.test)) return false;
      await this.transport.send(webhook.endpoint, id, JSON.stringify(content), signal);
      return true;
    }
    const { mail } = await this.settings.for(customerId);
    if (!this.config.mail || !mail.to.includes(recipient)) return false;
    const text = alertMailOf(content, mail.language, this.config.http.publicUrl);
    const messageId = `<${id}@${this.config.mail.from.split('@').at(-1)}>`;
    await this.mails.send({ ...text, to: recipient, messageId, date: at }, signal);
    return true;
  }

  private async failed(delivery: DeliveryEntity, { permanent, message }: MailFailed | WebhookFailed): Promise<void> {
    const { id, attempts, webhookId } = delivery;
    const { firstMs, mostMs, attempts: most } = RETRIES[webhookId === null ? 'mail' : 'webhook'];
    const isLast = permanent || attempts >= most;
    this.journal.warn(isLast ? 'an alert could not be sent' : 'an alert could not be sent; retrying later', {
      deliveryId: id,
      attempts,
      reason: message,
    });
    const ceiling = Math.min(mostMs, (this.retryFirstMs ?? firstMs) * 2 ** (attempts - 1));
    const wait = jittered(ceiling, { least: 0.5, most: 1 });
    await this.deliveries.settle(id, {
      state: isLast ? 'given-up' : 'pending',
      nextAttemptAt: isLast ? null : new Date(Date.now() + wait),
      error: message.slice(0, ERROR_CHARACTERS),
    });
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** While the database is still open. */
  async beforeApplicationShutdown(): Promise<void> {
    const abort = setTimeout(() => this.stopping.abort(), this.stopMs);
    await Promise.all(this.sending.values()).finally(() => clearTimeout(abort));
  }
}
