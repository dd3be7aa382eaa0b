import { Body, Controller, Delete, Get, Param, Post, Put, Query, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Response } from 'express';
import { z } from 'zod';
import { page } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import {
  changedSettingsTemplate,
  deviceDrift,
  driftCounts,
  driftExportQuery,
  driftQuery,
  newSettingsTemplate,
  settingsTemplate,
  templateDrift,
  type ChangedSettingsTemplate,
  type DeviceDrift,
  type DriftCounts,
  type DriftExportQuery,
  type DriftQuery,
  type NewSettingsTemplate,
  type SettingsTemplate,
  type TemplateDrift,
} from '../../protocol/settings-template';
import { Permit } from '../auth/access/access.guard';
import { CurrentActor } from '../auth/access/identity';
import type { Actor } from '../auth/actor';
import type { Page } from '../database/page';
import { Answers, AnswersNothing } from '../http/answers';
import { Documented } from '../http/api-docs';
import { sendTexts } from '../http/download';
import { driftCsv } from './drift-csv';
import { SettingsDrift } from './settings-drift';
import { SettingsTemplatesService } from './settings-templates.service';

const Id = (): ParameterDecorator => Param('id', { schema: z.uuid() });

@Controller('api/settings-templates')
@Permit('technician')
export class SettingsTemplatesController {
  constructor(
    private readonly templates: SettingsTemplatesService,
    private readonly drift: SettingsDrift,
  ) {}

  @Get()
  @Answers(z.array(settingsTemplate))
  list(@CurrentActor() actor: Actor): Promise<SettingsTemplate[]> {
    return this.templates.list(actor);
  }

  @Post()
  @Permit('admin')
  @Answers(settingsTemplate, 201)
  add(
    @CurrentActor() actor: Actor,
    @Body({ schema: newSettingsTemplate }) body: NewSettingsTemplate,
  ): Promise<SettingsTemplate> {
    return this.templates.add(actor, body);
  }

  @Get(':id')
  @Answers(settingsTemplate)
  get(@CurrentActor() actor: Actor, @Id() id: string): Promise<SettingsTemplate> {
    return this.templates.get(actor, id);
  }

  @Put(':id')
  @Permit('admin')
  @Answers(settingsTemplate)
  change(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Body({ schema: changedSettingsTemplate }) body: ChangedSettingsTemplate,
  ): Promise<SettingsTemplate> {
    return this.templates.change(actor, id, body);
  }

  @Delete(':id')
  @Permit('admin')
  @AnswersNothing()
  remove(@CurrentActor() actor: Actor, @Id() id: string): Promise<void> {
    return this.templates.remove(actor, id);
  }

  @Get(':id/drift')
  @Answers(driftCounts)
  counts(@CurrentActor() actor: Actor, @Id() id: string): Promise<DriftCounts> {
    return this.drift.counts(actor, id);
  }

  @Get(':id/devices')
  @Answers(page(deviceDrift))
  devices(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Query({ schema: driftQuery }) query: DriftQuery,
  ): Promise<Page<DeviceDrift>> {
    return this.drift.page(actor, id, query);
  }

  /** As CSV, read page by page while it is sent. */
  @Get(':id/export')
  @Throttle({ default: { limit: LIMITS.EXPORTS_PER_MINUTE, ttl: 60_000 } })
  @Documented(({ ApiProduces }) => ApiProduces('text/csv'))
  @Answers(z.string())
  async export(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Query({ schema: driftExportQuery }) { state }: DriftExportQuery,
    @Res() response: Response,
  ): Promise<void> {
    const file = `drift-${new Date().toISOString().slice(0, 10)}.csv`;
    await sendTexts(response, { type: 'text/csv; charset=utf-8', file }, driftCsv(this.drift.export(actor, id, state)));
  }
}

@Controller('api/devices/:id/drift')
@Permit('technician')
export class DeviceDriftController {
  constructor(private readonly drift: SettingsDrift) {}

  @Get()
  @Answers(z.array(templateDrift))
  get(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<TemplateDrift[]> {
    return this.drift.ofDevice(actor, id);
  }
}
