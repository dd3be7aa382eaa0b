import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { device, page, pageQuery, type Device } from '../../protocol/api';
import { announcedApplication } from '../../protocol/control-channel';
import { toInstant } from '../../protocol/names';
import { Permit } from '../auth/permit';
import { Answers } from '../http/answers';
import type { DeviceInView } from './devices.service';
import { DevicesService } from './devices.service';

const presented = ({ device, online, asleep, lastSeenAt }: DeviceInView): Device => ({
  id: device.id,
  agentId: device.agentId,
  name: device.name,
  kind: device.kind,
  model: device.model,
  serialNumber: device.serialNumber,
  location: device.location,
  online,
  asleep,
  lastSeenAt: lastSeenAt && toInstant(lastSeenAt),
  // what was announced before these were known is without them
  applications: device.applications.map((each) => announcedApplication.parse(each)),
  operations: [],
  condition: null,
});

@Controller('api/devices')
@Permit('technician')
export class DevicesController {
  constructor(private readonly devices: DevicesService) {}

  @Get()
  @Answers(page(device))
  async list(
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ): Promise<{ rows: Device[]; next: string | null }> {
    const { rows, next } = await this.devices.page(query);
    return { rows: rows.map(presented), next };
  }

  @Get(':id')
  @Answers(device)
  async get(@Param('id') id: string): Promise<Device> {
    return presented(await this.devices.get(id));
  }
}
