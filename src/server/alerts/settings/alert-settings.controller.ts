import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { z } from 'zod';
import {
  alertSettings,
  customerAlertSettings,
  type AlertSettings,
  type CustomerAlertSettings,
} from '../../../protocol/alert';
import { Permit } from '../../auth/access/access.guard';
import { CurrentActor } from '../../auth/access/identity';
import type { Actor } from '../../auth/actor';
import { Answers } from '../../http/answers';
import { AlertSettingsService } from './alert-settings.service';

@Controller('api')
@Permit('admin')
export class AlertSettingsController {
  constructor(private readonly settings: AlertSettingsService) {}

  @Get('alert-settings')
  @Answers(alertSettings)
  all(): Promise<AlertSettings> {
    return this.settings.all();
  }

  @Put('alert-settings')
  @Answers(alertSettings)
  changeAll(
    @CurrentActor() actor: Actor,
    @Body({ schema: alertSettings }) body: AlertSettings,
  ): Promise<AlertSettings> {
    return this.settings.changeAll(actor, body);
  }

  @Get('customers/:id/alert-settings')
  @Answers(customerAlertSettings)
  ofCustomer(@Param('id', { schema: z.uuid() }) id: string): Promise<CustomerAlertSettings> {
    return this.settings.ofCustomer(id);
  }

  @Put('customers/:id/alert-settings')
  @Answers(customerAlertSettings)
  changeCustomer(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: customerAlertSettings }) body: CustomerAlertSettings,
  ): Promise<CustomerAlertSettings> {
    return this.settings.changeCustomer(actor, id, body);
  }
}
