import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { LIMITS } from '../../../protocol/limits';
import type { newWebhook, webhookChange } from '../../../protocol/webhook';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { UnknownCustomer } from '../../customers/customers.errors';
import { TooManyWebhooks, UnknownWebhook } from '../alerts.errors';
import { DeliveriesRepository } from './deliveries.repository';
import { newWebhookSecret } from './signature';
import type { WebhookEntity } from './webhook.entity';
import { WebhooksRepository } from './webhooks.repository';

/** Webhooks, as administrators manage them. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly repository: WebhooksRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly audit: AuditService,
  ) {}

  /** By name. */
  all(): Promise<WebhookEntity[]> {
    return this.repository.all();
  }

  /** @throws UnknownCustomer, TooManyWebhooks */
  async create(actor: Actor, { name, customerId, url }: z.output<typeof newWebhook>): Promise<WebhookEntity> {
    const customer = customerId === null ? null : await this.repository.customerName(customerId);
    if (customer === undefined) throw new UnknownCustomer();
    if ((await this.repository.count()) >= LIMITS.WEBHOOKS) throw new TooManyWebhooks(LIMITS.WEBHOOKS);
    const webhook: WebhookEntity = {
      ...{ id: randomUUID(), name, customerId, active: true },
      endpoint: { url, secret: newWebhookSecret() },
      ...{ createdAt: new Date(), createdBy: actor.displayName },
    };
    await this.repository.insert(webhook);
    const detail = customer === null ? `${hostOf(url)}, for all customers` : `${hostOf(url)}, for customer ${customer}`;
    await this.audit.record(actor, 'webhook.created', name, detail);
    return webhook;
  }

  /** @throws UnknownWebhook */
  async change(actor: Actor, id: string, { url, ...fields }: z.output<typeof webhookChange>): Promise<WebhookEntity> {
    const { endpoint } = await this.get(id);
    await this.repository.change(id, { ...fields, ...(url !== undefined && { endpoint: { ...endpoint, url } }) });
    const changed = await this.get(id);
    const words = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    if (url !== undefined) words.push(hostOf(url));
    await this.audit.record(actor, 'webhook.changed', changed.name, words.join(' '));
    return changed;
  }

  /** The earlier secret is replaced at once. @throws UnknownWebhook */
  async replaceSecret(actor: Actor, id: string): Promise<WebhookEntity> {
    const { endpoint } = await this.get(id);
    await this.repository.change(id, { endpoint: { ...endpoint, secret: newWebhookSecret() } });
    const changed = await this.get(id);
    await this.audit.record(actor, 'webhook.secret-replaced', changed.name);
    return changed;
  }

  /** @throws UnknownWebhook */
  async remove(actor: Actor, id: string): Promise<void> {
    const { name } = await this.get(id);
    if (!(await this.repository.remove(id))) throw new UnknownWebhook();
    await this.deliveries.dropPending(id);
    await this.audit.record(actor, 'webhook.removed', name);
  }

  private async get(id: string): Promise<WebhookEntity> {
    const webhook = await this.repository.find(id);
    if (!webhook) throw new UnknownWebhook();
    return webhook;
  }
}

/** For the audit trail: the path may be a secret. */
const hostOf = (url: string): string => new URL(url).host;
