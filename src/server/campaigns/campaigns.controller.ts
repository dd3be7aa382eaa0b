import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Response } from 'express';
import { z } from 'zod';
import { page } from '../../protocol/api';
import {
  campaign,
  campaignDevice,
  campaignDeviceQuery,
  campaignExport,
  campaignExportQuery,
  campaignPlan,
  campaignQuery,
  newCampaign,
  type Campaign,
  type CampaignDevice,
  type CampaignDeviceQuery,
  type CampaignExportQuery,
  type CampaignPlan,
  type CampaignQuery,
  type NewCampaign,
} from '../../protocol/campaign';
import { LIMITS } from '../../protocol/limits';
import { Permit } from '../auth/access/access.guard';
import { CurrentActor } from '../auth/access/identity';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import type { Page } from '../database/page';
import { Answers } from '../http/answers';
import { Documented } from '../http/api-docs';
import { campaignCsv } from './campaign-csv';
import type { CampaignEntity } from './campaign.entity';
import { CampaignViews } from './campaign-views';
import { CampaignsService } from './campaigns.service';

const Id = (): ParameterDecorator => Param('id', { schema: z.uuid() });

@Controller('api/campaigns')
@Permit('technician')
export class CampaignsController {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly views: CampaignViews,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @Answers(page(campaign))
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: campaignQuery }) query: CampaignQuery,
  ): Promise<Page<Campaign>> {
    const { rows, next } = await this.campaigns.list(actor, query);
    return { rows: await this.views.present(actor, rows), next };
  }

  @Post()
  @Throttle({ default: { limit: LIMITS.CAMPAIGNS_PER_MINUTE, ttl: 60_000 } })
  @Answers(campaign, 201)
  async start(@CurrentActor() actor: Actor, @Body({ schema: newCampaign }) body: NewCampaign): Promise<Campaign> {
    return this.present(actor, await this.campaigns.start(actor, body));
  }

  /** What a campaign would do. */
  @Post('plan')
  @Answers(campaignPlan)
  plan(@CurrentActor() actor: Actor, @Body({ schema: newCampaign }) body: NewCampaign): Promise<CampaignPlan> {
    return this.campaigns.plan(actor, body);
  }

  @Get(':id')
  @Answers(campaign)
  async get(@CurrentActor() actor: Actor, @Id() id: string): Promise<Campaign> {
    return this.present(actor, await this.campaigns.get(actor, id));
  }

  @Get(':id/devices')
  @Answers(page(campaignDevice))
  async devices(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Query({ schema: campaignDeviceQuery }) query: CampaignDeviceQuery,
  ): Promise<Page<CampaignDevice>> {
    return this.views.page(actor, await this.campaigns.get(actor, id), query);
  }

  /** The results of all devices: CAMPAIGN_DEVICES at most. */
  @Get(':id/export')
  @Throttle({ default: { limit: LIMITS.EXPORTS_PER_MINUTE, ttl: 60_000 } })
  @Documented(({ ApiProduces }) => ApiProduces('text/csv', 'application/json'))
  @Answers(campaignExport)
  async export(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Query({ schema: campaignExportQuery }) { format }: CampaignExportQuery,
    @Res() response: Response,
  ): Promise<void> {
    const found = await this.campaigns.get(actor, id);
    const devices: CampaignDevice[] = [];
    for await (const rows of this.views.all(actor, found)) devices.push(...rows);
    await this.audit.record(actor, 'campaign.exported', id, found.name);
    response.type(format === 'csv' ? 'text/csv; charset=utf-8' : 'json');
    response.attachment(`campaign-${found.createdAt.toISOString().slice(0, 10)}.${format}`);
    if (format === 'csv') response.send(campaignCsv(devices));
    else response.send(JSON.stringify({ campaign: await this.present(actor, found), devices }));
  }

  @Post(':id/pause')
  @Answers(campaign)
  async pause(@CurrentActor() actor: Actor, @Id() id: string): Promise<Campaign> {
    return this.present(actor, await this.campaigns.pause(actor, id));
  }

  @Post(':id/resumption')
  @Answers(campaign)
  async resume(@CurrentActor() actor: Actor, @Id() id: string): Promise<Campaign> {
    return this.present(actor, await this.campaigns.resume(actor, id));
  }

  @Post(':id/abortion')
  @Answers(campaign)
  async abort(@CurrentActor() actor: Actor, @Id() id: string): Promise<Campaign> {
    return this.present(actor, await this.campaigns.abort(actor, id));
  }

  private async present(actor: Actor, one: CampaignEntity): Promise<Campaign> {
    return (await this.views.present(actor, [one]))[0]!;
  }
}
