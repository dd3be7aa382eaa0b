import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { deviceNotes, newDeviceNotes, type DeviceNotes, type NewDeviceNotes } from '../../../protocol/device-notes';
import { Permit } from '../../auth/access/access.guard';
import type { Actor } from '../../auth/actor';
import { CurrentActor } from '../../auth/access/identity';
import { Answers } from '../../http/answers';
import { DeviceNotesService } from './device-notes.service';

@Controller('api/devices/:id/notes')
@Permit('technician')
export class DeviceNotesController {
  constructor(private readonly notes: DeviceNotesService) {}

  @Get()
  @Answers(deviceNotes)
  get(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<DeviceNotes> {
    return this.notes.get(actor, id);
  }

  @Put()
  @Answers(deviceNotes)
  replace(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Body({ schema: newDeviceNotes }) body: NewDeviceNotes,
  ): Promise<DeviceNotes> {
    return this.notes.replace(actor, id, body);
  }
}
