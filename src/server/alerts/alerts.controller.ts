import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { alert, alertQuery, type Alert, type AlertQuery } from '../../protocol/alert';
import { page } from '../../protocol/api';
import { Permit } from '../auth/access/access.guard';
import { CurrentActor } from '../auth/access/identity';
import type { Actor } from '../auth/actor';
import type { Page } from '../database/page';
import { Answers } from '../http/answers';
import { AlertViews } from './alert-views';
import type { AlertEntity } from './alert.entity';
import { AlertsService } from './alerts.service';

const Id = (): ParameterDecorator => Param('id', { schema: z.uuid() });

@Controller('api/alerts')
@Permit('technician')
export class AlertsController {
  constructor(
    private readonly alerts: AlertsService,
    private readonly views: AlertViews,
  ) {}

  @Get()
  @Answers(page(alert))
  async list(@CurrentActor() actor: Actor, @Query({ schema: alertQuery }) query: AlertQuery): Promise<Page<Alert>> {
    const { rows, next } = await this.alerts.list(actor, query);
    return { rows: await this.views.present(rows), next };
  }

  @Get(':id')
  @Answers(alert)
  async get(@CurrentActor() actor: Actor, @Id() id: string): Promise<Alert> {
    return this.present(await this.alerts.get(actor, id));
  }

  @Post(':id/acknowledgement')
  @Answers(alert)
  async acknowledge(@CurrentActor() actor: Actor, @Id() id: string): Promise<Alert> {
    return this.present(await this.alerts.acknowledge(actor, id));
  }

  private async present(one: AlertEntity): Promise<Alert> {
    return (await this.views.present([one]))[0]!;
  }
}
