import { Controller, Get, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Response } from 'express';
import { LIMITS } from '../../protocol/limits';
import { Permit, PermitClient } from '../auth/access/access.guard';
import { CurrentActor } from '../auth/access/identity';
import type { Actor } from '../auth/actor';
import { DevicesService, type DeviceInView } from '../devices/devices.service';
import { Documented } from '../http/api-docs';
import { sendTexts } from '../http/download';
import { deviceMetricsOf } from './device-metrics';

/** For Prometheus and Zabbix: the devices within reach of a user, or of an external client with `information:read`. */
@Controller('metrics/devices')
@Documented(({ ApiExcludeController }) => ApiExcludeController())
@Permit('technician')
export class DeviceMetricsController {
  constructor(private readonly devices: DevicesService) {}

  @Get()
  @PermitClient('information:read')
  @Throttle({ default: { limit: LIMITS.DEVICE_METRICS_PER_MINUTE, ttl: 60_000 } })
  async read(@CurrentActor() actor: Actor, @Res() response: Response): Promise<void> {
    const texts = deviceMetricsOf(this.pages(actor), LIMITS.DEVICE_METRICS_DEVICES);
    await sendTexts(response, { type: 'text/plain; version=0.0.4; charset=utf-8' }, texts);
  }

  private async *pages(actor: Actor): AsyncGenerator<readonly DeviceInView[]> {
    for (let cursor: string | undefined; ;) {
      const { rows, next } = await this.devices.page(actor, { limit: LIMITS.DEVICE_METRICS_PAGE, cursor });
      yield rows;
      if (next === null) return;
      cursor = next;
    }
  }
}
