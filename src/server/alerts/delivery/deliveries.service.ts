import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '../../../protocol/limits';
import { toInstant } from '../../../protocol/names';
import { WEBHOOK_TYPES, type AlertEvent, type DeliveryQuery, type WebhookBody } from '../../../protocol/webhook';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { CONFIG, type Config } from '../../config/config';
import type { Page } from '../../database/page';
import type { AlertEntity } from '../alert.entity';
import { AlertViews } from '../alert-views';
import { DeliveryPending, UnknownDelivery, UnknownWebhook } from '../alerts.errors';
import { AlertSettingsService } from '../settings/alert-settings.service';
import { DeliveriesRepository } from './deliveries.repository';
import type { DeliveryEntity } from './delivery.entity';
import { DeliveryOutbox } from './delivery-outbox';
import { WebhooksRepository } from './webhooks.repository';

type Recipient = Pick<DeliveryEntity, 'recipientKey' | 'webhookId' | 'recipient'>;

/** What is sent about alerts, and to whom. */
@Injectable()
export class DeliveriesService {
  /** Mails wait for so long, so that what has one cause is one mail. */
  collectMs: number = LIMITS.ALERT_MAIL_COLLECT_MS;

  constructor(
    private readonly repository: DeliveriesRepository,
    private readonly webhooks: WebhooksRepository,
    private readonly settings: AlertSettingsService,
    private readonly views: AlertViews,
    private readonly outbox: DeliveryOutbox,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** One for each recipient; to be stored with the change of the alert. */
  async about(alert: AlertEntity, event: 'raised' | 'resolved', at: Date): Promise<DeliveryEntity[]> {
    const recipients = await this.recipientsOf(alert.customerId);
    if (recipients.length === 0) return [];
    const [presented] = await this.views.present([alert]);
    const content: WebhookBody = {
      type: WEBHOOK_TYPES[event],
      timestamp: toInstant(at),
      data: { alert: presented! },
    };
    const collected = new Date(at.getTime() + this.collectMs);
    return recipients.map((recipient) =>
      madeDelivery(alert, event, recipient, content, at, recipient.webhookId === null ? collected : at),
    );
  }

  list(query: DeliveryQuery): Promise<Page<DeliveryEntity>> {
    return this.repository.list(query);
  }

  /** Sends a settled delivery again, with the same ID and content. @throws UnknownDelivery, DeliveryPending */
  async repeat(actor: Actor, id: string): Promise<DeliveryEntity> {
    const delivery = await this.repository.find(id);
    if (!delivery) throw new UnknownDelivery();
    if (!(await this.repository.repeat(id, new Date()))) throw new DeliveryPending();
    await this.audit.record(actor, 'alert.sent-again', delivery.recipient);
    this.outbox.sendDue();
    return (await this.repository.find(id)) ?? delivery;
  }

  /** Sends a test to a webhook. @throws UnknownWebhook */
  async test(actor: Actor, webhookId: string): Promise<DeliveryEntity> {
    const webhook = await this.webhooks.find(webhookId);
    if (!webhook) throw new UnknownWebhook();
    const now = new Date();
    const recipient = { recipientKey: webhookId, webhookId, recipient: webhook.name };
    const content: WebhookBody = { type: WEBHOOK_TYPES.test, timestamp: toInstant(now), data: { alert: null } };
    const delivery = madeDelivery({ id: null, customerId: webhook.customerId }, 'test', recipient, content, now);
    await this.repository.addTest(delivery);
    await this.audit.record(actor, 'webhook.tested', webhook.name);
    this.outbox.sendDue();
    return delivery;
  }

  private async recipientsOf(customerId: string | null): Promise<Recipient[]> {
    const { mail } = await this.settings.for(customerId);
    const addresses = this.config.mail ? new Set(mail.to) : [];
    const webhooks = await this.webhooks.receiving(customerId);
    return [
      ...[...addresses].map((address) => ({ recipientKey: address, webhookId: null, recipient: address })),
      ...webhooks.map(({ id, name }) => ({ recipientKey: id, webhookId: id, recipient: name })),
    ];
  }
}

const madeDelivery = (
  of: { readonly id: string | null; readonly customerId: string | null },
  event: AlertEvent,
  recipient: Recipient,
  content: WebhookBody,
  at: Date,
  nextAttemptAt = at,
): DeliveryEntity => ({
  ...recipient,
  id: randomUUID(),
  alertId: of.id,
  customerId: of.customerId,
  ...{ event, content, at, state: 'pending', attempts: 0, nextAttemptAt },
  ...{ claimedAt: null, settledAt: null, error: '', mailId: null },
});
