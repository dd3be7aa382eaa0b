import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Body, Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Response } from 'express';
import { z } from 'zod';
import { Journal } from '../../../journal/journal';
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
    private readonly journal: Journal,
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
  @Throttle({ default: { limit: LIMITS.FLEET_EXPORTS_PER_MINUTE, ttl: 60_000 } })
  @Documented(({ ApiProduces }) => ApiProduces('text/csv'))
  @Answers(z.string())
  async export(
    @CurrentActor() actor: Actor,
    @Query({ schema: fleetExportQuery }) { columns, ...query }: FleetExportQuery,
    @Res() response: Response,
  ): Promise<void> {
    const lines = csvOf(this.fleet.export(actor, query), columns);
    // what fails before the first page is still answered as a problem
    const first = await lines.next();
    response.setTimeout(LIMITS.FLEET_EXPORT_STALL_MS, () => response.destroy());
    response.type('text/csv; charset=utf-8');
    response.attachment(`devices-${new Date().toISOString().slice(0, 10)}.csv`);
    const all = async function* () {
      if (!first.done) yield first.value;
      yield* lines;
    };
    // a response that has begun cannot become a problem: it is cut, which a browser shows as a failed download
    await pipeline(Readable.from(all()), response).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE')
        this.journal.unexpected(error, 'exporting the device list');
    });
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
