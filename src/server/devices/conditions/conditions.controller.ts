import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  deniedAccess,
  page,
  pageQuery,
  reportedConditions,
  type DeniedAccess,
  type ReportedConditions,
} from '../../../protocol/api';
import { toInstant } from '../../../protocol/names';
import { Permit } from '../../auth/access/access.guard';
import type { Actor } from '../../auth/actor';
import { CurrentActor } from '../../auth/access/identity';
import { CustomersService } from '../../customers/customers.service';
import { Answers } from '../../http/answers';
import { DevicesService } from '../devices.service';
import { ConditionsRepository } from './conditions.repository';

/** Read-only: access conditions are set at the device and nowhere else. */
@Controller('api/devices/:id')
@Permit('technician')
export class ConditionsController {
  constructor(
    private readonly devices: DevicesService,
    private readonly repository: ConditionsRepository,
    private readonly customers: CustomersService,
  ) {}

  @Get('conditions')
  @Answers(reportedConditions)
  async conditions(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<ReportedConditions> {
    await this.devices.get(actor, id);
    const known = await this.repository.find(id);
    return { conditions: known?.conditions ?? [], reportedAt: known && toInstant(known.reportedAt) };
  }

  @Get('denials')
  @Answers(page(deniedAccess))
  async denials(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
  ): Promise<{ rows: DeniedAccess[]; next: string | null }> {
    await this.devices.get(actor, id);
    const { rows, next } = await this.repository.page(await this.customers.reachOf(actor), id, query);
    const presented = rows.map(({ id: number, denial, reportedAt }) => ({
      ...denial,
      id: number,
      reportedAt: toInstant(reportedAt),
    }));
    return { rows: presented, next };
  }
}
