import { Inject, Injectable } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import { CONFIG, type Config } from '../../config/config';
import { MailFailed, MailTransport } from '../../notices/mail/mail-transport';
import { mailRetries, Outbox, type Retries } from '../../outbox/outbox';
import { AlertSettingsService } from '../settings/alert-settings.service';
import { alertMailOf } from './alert-mail';
import { DeliveriesRepository, type Outcome } from './deliveries.repository';
import type { DeliveryEntity } from './delivery.entity';
import { afterQuiet } from './quiet-hours';
import { WebhookFailed, WebhookTransport } from './webhook-transport';
import { WebhooksRepository } from './webhooks.repository';

const ERROR_CHARACTERS = 300;
const DROPPED: Outcome = { state: 'dropped', nextAttemptAt: null, error: '' };
const SENT: Outcome = { state: 'sent', nextAttemptAt: null, error: '' };

const webhookRetries = (): Retries => ({
  firstMs: LIMITS.WEBHOOK_RETRY_FIRST_MS,
  mostMs: LIMITS.WEBHOOK_RETRY_MAX_MS,
  attempts: LIMITS.WEBHOOK_ATTEMPTS,
});

/**
 * Sends what is due about alerts, to each recipient one webhook or mail at a time. What is due to a mail address at the same
 * time is one mail.
 */
@Injectable()
export class DeliveryOutbox extends Outbox<readonly DeliveryEntity[]> {
  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly webhooks: WebhooksRepository,
    private readonly settings: AlertSettingsService,
    private readonly mails: MailTransport,
    private readonly transport: WebhookTransport,
    journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super(journal, 'deliveries about alerts', LIMITS.WEBHOOK_CONNECTIONS);
  }

  /** A slow recipient does not occupy all connections. */
  protected claimNext(now: Date, except: readonly string[]): Promise<DeliveryEntity[] | undefined> {
    return this.deliveries.claimNext(now, except);
  }
  protected nextDue(except: readonly string[]): Promise<Date | undefined> {
    return this.deliveries.nextDue(except);
  }
  protected releaseClaims(before: Date): Promise<void> {
    return this.deliveries.releaseClaims(before);
  }
  protected recipientOf([first]: readonly DeliveryEntity[]): string {
    return first!.recipientKey;
  }

  protected async attempt(claimed: readonly DeliveryEntity[]): Promise<void> {
    const wanted: DeliveryEntity[] = [];
    for (const delivery of claimed) if (await this.isWanted(delivery)) wanted.push(delivery);
    if (wanted.length === 0) return;
    try {
      await this.send(wanted);
    } catch (error) {
      if (!(error instanceof MailFailed || error instanceof WebhookFailed)) throw error;
      return this.failed(wanted, error);
    }
    for (const { id, attempts } of wanted) this.journal.info('an alert has been sent', { deliveryId: id, attempts });
    await this.deliveries.settle(wanted, SENT);
  }

  /** Those in quiet hours are postponed, and those whose recipient was removed are dropped. */
  private async isWanted(delivery: DeliveryEntity): Promise<boolean> {
    const { webhookId, customerId, event, recipient } = delivery;
    const { quiet, mail } = await this.settings.for(customerId);
    const now = new Date();
    const at = event === 'test' ? now : afterQuiet(quiet, now);
    if (at > now) {
      await this.deliveries.postpone(delivery, at);
      return false;
    }
    const webhook = webhookId === null ? null : await this.webhooks.find(webhookId);
    const isKnown =
      webhookId === null
        ? this.config.mail !== undefined && mail.to.includes(recipient)
        : webhook !== null && (webhook.active || event === 'test');
    if (!isKnown) await this.deliveries.settle([delivery], DROPPED);
    return isKnown;
  }

  /** @param wanted to one recipient; of a webhook, one */
  private async send(wanted: readonly DeliveryEntity[]): Promise<void> {
    const [{ id, mailId, webhookId, customerId, recipient, content, at }] = wanted as [DeliveryEntity];
    const { signal } = this.stopping;
    if (webhookId !== null) {
      const webhook = await this.webhooks.find(webhookId);
      if (webhook) await this.transport.send(webhook.endpoint, id, JSON.stringify(content), signal);
      return;
    }
    const { language } = (await this.settings.for(customerId)).mail;
    const contents = wanted.map((each) => each.content);
    const text = alertMailOf(contents, language, this.config.http.publicUrl);
    const messageId = `<${mailId ?? id}@${this.config.mail!.from.split('@').at(-1)}>`;
    await this.mails.send({ ...text, to: recipient, messageId, date: at }, signal);
  }

  private async failed(
    wanted: readonly DeliveryEntity[],
    { permanent, message }: MailFailed | WebhookFailed,
  ): Promise<void> {
    const [{ attempts, webhookId }] = wanted as [DeliveryEntity];
    const retries = webhookId === null ? mailRetries() : webhookRetries();
    const next = permanent ? undefined : this.nextAttempt(attempts, retries);
    for (const { id: deliveryId } of wanted)
      this.journal.warn(next ? 'an alert could not be sent; retrying later' : 'an alert could not be sent', {
        ...{ deliveryId, attempts, detail: message },
      });
    await this.deliveries.settle(wanted, {
      state: next ? 'pending' : 'given-up',
      nextAttemptAt: next ?? null,
      error: message.slice(0, ERROR_CHARACTERS),
    });
  }
}
