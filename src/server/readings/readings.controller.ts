import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import {
  manualReading,
  meteredDeviceId,
  newOffset,
  reading,
  readingSchedule,
  readingScheduleChange,
  readingSchedules,
  readings,
  readingsQuery,
  type ManualReading,
  type Reading,
  type Readings,
  type ReadingSchedule,
  type ReadingSchedules as Schedules,
  type ReadingsQuery,
} from '../../protocol/readings';
import { Permit, PermitClient } from '../auth/access/access.guard';
import { CurrentActor } from '../auth/access/identity';
import type { Actor } from '../auth/actor';
import { Answers, AnswersNothing } from '../http/answers';
import { ReadingSchedules } from './reading-schedules';
import { ReadingsService } from './readings.service';

@Controller('api')
@Permit('technician')
export class ReadingsController {
  constructor(
    private readonly readings: ReadingsService,
    private readonly schedules: ReadingSchedules,
  ) {}

  @Get('devices/:id/readings')
  @PermitClient('information:read')
  @Answers(readings)
  of(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Query({ schema: readingsQuery }) query: ReadingsQuery,
  ): Promise<Readings> {
    return this.readings.readings(actor, id, query);
  }

  @Post('metered-devices/:id/readings')
  @Answers(reading, 201)
  enter(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: z.coerce.number().pipe(meteredDeviceId) }) id: number,
    @Body({ schema: manualReading }) entered: ManualReading,
  ): Promise<Reading> {
    return this.readings.enter(actor, id, entered);
  }

  @Put('meter-jumps/:id/offset')
  @AnswersNothing()
  enterOffset(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: newOffset }) { offset, reason }: z.infer<typeof newOffset>,
  ): Promise<void> {
    return this.readings.enterOffset(actor, id, offset, reason);
  }

  @Get('reading-schedules')
  @Answers(readingSchedules)
  all(@CurrentActor() actor: Actor): Promise<Schedules> {
    return this.schedules.list(actor);
  }

  @Put('customers/:id/reading-schedule')
  @Permit('admin')
  @Answers(readingSchedule)
  change(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: readingScheduleChange }) { hours }: z.infer<typeof readingScheduleChange>,
  ): Promise<ReadingSchedule> {
    return this.schedules.change(actor, id, hours);
  }
}
