import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import type { z } from 'zod';
import { foundDeviceInView, foundDeviceQuery, page, type FoundDeviceInView } from '../../../protocol/api';
import { newDevice, type NewDevice } from '../../../protocol/found-device';
import { Permit } from '../../auth/access/access.guard';
import { CurrentActor } from '../../auth/access/identity';
import type { Actor } from '../../auth/actor';
import { Answers, AnswersNothing } from '../../http/answers';
import { FoundDevicesService } from './found-devices.service';

@Controller('api/found-devices')
@Permit('admin')
export class FoundDevicesController {
  constructor(private readonly found: FoundDevicesService) {}

  @Get()
  @Answers(page(foundDeviceInView))
  list(
    @Query({ schema: foundDeviceQuery }) query: z.infer<typeof foundDeviceQuery>,
  ): Promise<{ rows: FoundDeviceInView[]; next: string | null }> {
    return this.found.page(query);
  }

  @Post(':id/device')
  @AnswersNothing()
  takeIn(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Body({ schema: newDevice }) body: NewDevice,
  ): Promise<void> {
    return this.found.takeIn(actor, id, body);
  }

  @Put(':id/dismissal')
  @AnswersNothing()
  dismiss(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.found.dismiss(actor, id);
  }

  @Delete(':id/dismissal')
  @AnswersNothing()
  restore(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.found.restore(actor, id);
  }
}
