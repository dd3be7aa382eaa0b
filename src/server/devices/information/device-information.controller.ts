import { Controller, Get, Param, Post } from '@nestjs/common';
import { acquiredInformation, type AcquiredInformation } from '../../../protocol/api';
import { Permit, PermitClient } from '../../auth/access/access.guard';
import type { Actor } from '../../auth/actor';
import { checkOperation } from '../../auth/clients/client-limits';
import { CurrentActor } from '../../auth/access/identity';
import { Answers } from '../../http/answers';
import { DeviceInformationService } from './device-information.service';
import { presentedInformation } from '../devices.presenter';
import { DevicesService } from '../devices.service';

@Controller('api/devices/:id/information')
@Permit('technician')
export class DeviceInformationController {
  constructor(
    private readonly devices: DevicesService,
    private readonly information: DeviceInformationService,
  ) {}

  @Get()
  @PermitClient('information:read')
  @Answers(acquiredInformation)
  async get(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<AcquiredInformation> {
    return presentedInformation(actor, await this.devices.get(actor, id));
  }

  @Post()
  @PermitClient('information:acquire')
  @Answers(acquiredInformation)
  async refresh(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<AcquiredInformation> {
    checkOperation(actor, 'information');
    await this.information.refresh((await this.devices.connected(actor, id)).device);
    return presentedInformation(actor, await this.devices.get(actor, id));
  }
}
