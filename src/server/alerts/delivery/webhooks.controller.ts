import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { z } from 'zod';
import { toInstant } from '../../../protocol/names';
import {
  createdWebhook,
  delivery,
  newWebhook,
  webhook,
  webhookChange,
  type CreatedWebhook,
  type Delivery,
  type Webhook,
} from '../../../protocol/webhook';
import { Permit } from '../../auth/access/access.guard';
import { CurrentActor } from '../../auth/access/identity';
import type { Actor } from '../../auth/actor';
import { Answers, AnswersNothing } from '../../http/answers';
import { presentedDelivery } from './deliveries.presenter';
import { DeliveriesService } from './deliveries.service';
import type { WebhookEntity } from './webhook.entity';
import { WebhooksService } from './webhooks.service';

const Id = (): ParameterDecorator => Param('id', { schema: z.uuid() });

const presented = ({ id, name, customerId, endpoint, active, createdAt, createdBy }: WebhookEntity): Webhook => ({
  ...{ id, name, customerId, url: endpoint.url, active, createdAt: toInstant(createdAt), createdBy },
});
const withSecret = (of: WebhookEntity): CreatedWebhook => ({ ...presented(of), secret: of.endpoint.secret });

@Controller('api/webhooks')
@Permit('admin')
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly deliveries: DeliveriesService,
  ) {}

  @Get()
  @Answers(z.array(webhook))
  async list(): Promise<Webhook[]> {
    return (await this.webhooks.all()).map(presented);
  }

  @Post()
  @Answers(createdWebhook, 201)
  async create(
    @CurrentActor() actor: Actor,
    @Body({ schema: newWebhook }) body: z.output<typeof newWebhook>,
  ): Promise<CreatedWebhook> {
    return withSecret(await this.webhooks.create(actor, body));
  }

  @Patch(':id')
  @Answers(webhook)
  async change(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Body({ schema: webhookChange }) body: z.output<typeof webhookChange>,
  ): Promise<Webhook> {
    return presented(await this.webhooks.change(actor, id, body));
  }

  @Delete(':id')
  @AnswersNothing()
  remove(@CurrentActor() actor: Actor, @Id() id: string): Promise<void> {
    return this.webhooks.remove(actor, id);
  }

  @Post(':id/secret')
  @Answers(createdWebhook, 201)
  async replaceSecret(@CurrentActor() actor: Actor, @Id() id: string): Promise<CreatedWebhook> {
    return withSecret(await this.webhooks.replaceSecret(actor, id));
  }

  @Post(':id/test')
  @Answers(delivery, 201)
  async test(@CurrentActor() actor: Actor, @Id() id: string): Promise<Delivery> {
    return presentedDelivery(await this.deliveries.test(actor, id));
  }
}
