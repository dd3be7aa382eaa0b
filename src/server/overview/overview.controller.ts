import { Controller, Get } from '@nestjs/common';
import { overview, type Overview } from '../../protocol/overview';
import { Permit } from '../auth/access/access.guard';
import type { Actor } from '../auth/actor';
import { CurrentActor } from '../auth/access/identity';
import { Answers } from '../http/answers';
import { OverviewService } from './overview.service';

@Controller('api/overview')
@Permit('technician')
export class OverviewController {
  constructor(private readonly service: OverviewService) {}

  @Get()
  @Answers(overview)
  get(@CurrentActor() actor: Actor): Promise<Overview> {
    return this.service.of(actor);
  }
}
