import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { device, page, pageQuery, type Device } from '../../protocol/api';
import { Permit, PermitClient } from '../auth/access/access.guard';
import type { Actor } from '../auth/actor';
import { CurrentActor } from '../auth/access/identity';
import { Answers } from '../http/answers';
import { presentedDevice } from './devices.presenter';
import { DevicesService } from './devices.service';

@Controller('api/devices')
@Permit('technician')
export class DevicesController {
  constructor(private readonly devices: DevicesService) {}

  @Get()
  @PermitClient('devices:read')
  @Answers(page(device))
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ): Promise<{ rows: Device[]; next: string | null }> {
    const { rows, next } = await this.devices.page(actor, query);
    return { rows: rows.map((each) => presentedDevice(actor, each)), next };
  }

  @Get(':id')
  @PermitClient('devices:read')
  @Answers(device)
  async get(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<Device> {
    return presentedDevice(actor, await this.devices.get(actor, id));
  }
}
