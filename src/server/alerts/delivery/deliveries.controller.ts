import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { page } from '../../../protocol/api';
import { delivery, deliveryQuery, type Delivery, type DeliveryQuery } from '../../../protocol/webhook';
import { Permit } from '../../auth/access/access.guard';
import { CurrentActor } from '../../auth/access/identity';
import type { Actor } from '../../auth/actor';
import type { Page } from '../../database/page';
import { Answers } from '../../http/answers';
import { presentedDelivery } from './deliveries.presenter';
import { DeliveriesService } from './deliveries.service';

@Controller('api/alert-deliveries')
@Permit('admin')
export class DeliveriesController {
  constructor(private readonly deliveries: DeliveriesService) {}

  @Get()
  @Answers(page(delivery))
  async list(@Query({ schema: deliveryQuery }) query: DeliveryQuery): Promise<Page<Delivery>> {
    const { rows, next } = await this.deliveries.list(query);
    return { rows: rows.map(presentedDelivery), next };
  }

  @Post(':id/redelivery')
  @Answers(delivery)
  async repeat(@CurrentActor() actor: Actor, @Param('id', { schema: z.uuid() }) id: string): Promise<Delivery> {
    return presentedDelivery(await this.deliveries.repeat(actor, id));
  }
}
