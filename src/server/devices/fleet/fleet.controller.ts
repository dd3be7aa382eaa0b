import { Body, Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Response } from 'express';
import { z } from 'zod';
import { page } from '../../../protocol/api';
import {
  fleetDevice,
  fleetExportQuery,
  fleetGroups,
  fleetGroupsQuery,
  fleetQuery,
  fleetView,
  newFleetView,
  type FleetDevice,
  type FleetExportQuery,
  type FleetGroups,
  type FleetGroupsQuery,
  type FleetQuery,
  type FleetView,
  type NewFleetView,
} from '../../../protocol/fleet';
import { LIMITS } from '../../../protocol/limits';
import { Permit } from '../../auth/access/access.guard';
import type { Actor } from '../../auth/actor';
import { CurrentActor } from '../../auth/access/identity';
import type { Page } from '../../database/page';
import { Answers, AnswersNothing } from '../../http/answers';
import { Documented } from '../../http/api-docs';
import { sendTexts } from '../../http/download';
import { csvOf } from './fleet-csv';
import { FleetViews } from './fleet-views';
import { FleetService } from './fleet.service';

/** The device list of users; external clients read `GET /api/devices`. */
@Controller('api/fleet')
@Permit('technician')
export class FleetController {
  constructor(
    private readonly fleet: FleetService,
    private readonly views: FleetViews,
  ) {}

  @Get()
  @Answers(page(fleetDevice))
  list(@CurrentActor() actor: Actor, @Query({ schema: fleetQuery }) query: FleetQuery): Promise<Page<FleetDevice>> {
    return this.fleet.page(actor, query);
  }

  @Get('groups')
  @Answers(fleetGroups)
  groups(
    @CurrentActor() actor: Actor,
    @Query({ schema: fleetGroupsQuery }) query: FleetGroupsQuery,
  ): Promise<FleetGroups> {
    return this.fleet.groups(actor, query);
  }

  /** As CSV, read page by page while it is sent. */
  @Get('export')
  @Throttle({ default: { limit: LIMITS.EXPORTS_PER_MINUTE, ttl: 60_000 } })
  @Documented(({ ApiProduces }) => ApiProduces('text/csv'))
  @Answers(z.string())
  async export(
    @CurrentActor() actor: Actor,
    @Query({ schema: fleetExportQuery }) { columns, ...query }: FleetExportQuery,
    @Res() response: Response,
  ): Promise<void> {
    const file = `devices-${new Date().toISOString().slice(0, 10)}.csv`;
    await sendTexts(
      response,
      { type: 'text/csv; charset=utf-8', file },
      csvOf(this.fleet.export(actor, query), columns),
    );
  }

  @Get('views')
  @Answers(z.array(fleetView))
  saved(@CurrentActor() actor: Actor): Promise<FleetView[]> {
    return this.views.of(actor);
  }

  @Post('views')
  @Answers(fleetView, 201)
  add(@CurrentActor() actor: Actor, @Body({ schema: newFleetView }) body: NewFleetView): Promise<FleetView> {
    return this.views.add(actor, body);
  }

  @Delete('views/:id')
  @AnswersNothing()
  remove(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.views.remove(actor, id);
  }
}
