import { Controller, Get, Param } from '@nestjs/common';
import { deviceSettings, type DeviceSettings } from '../../../protocol/device-settings';
import { Permit } from '../../auth/access/access.guard';
import type { Actor } from '../../auth/actor';
import { CurrentActor } from '../../auth/access/identity';
import { Answers } from '../../http/answers';
import { DeviceSettingsService } from './device-settings.service';

@Controller('api/devices/:id/settings')
@Permit('technician')
export class DeviceSettingsController {
  constructor(private readonly settings: DeviceSettingsService) {}

  @Get()
  @Answers(deviceSettings)
  get(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<DeviceSettings> {
    return this.settings.get(actor, id);
  }
}
