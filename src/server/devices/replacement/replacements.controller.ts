import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { identityDecision, identityState, type IdentityDecision, type IdentityState } from '../../../protocol/api';
import { Permit } from '../../auth/access/access.guard';
import type { Actor } from '../../auth/actor';
import { CurrentActor } from '../../auth/access/identity';
import { Answers } from '../../http/answers';
import { ReplacementsService } from './replacements.service';

@Controller('api/devices/:id/identity')
export class ReplacementsController {
  constructor(private readonly replacements: ReplacementsService) {}

  @Get()
  @Permit('technician')
  @Answers(identityState)
  state(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<IdentityState> {
    return this.replacements.state(actor, id);
  }

  @Post()
  @Permit('admin')
  @Answers(identityState)
  decide(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Body({ schema: identityDecision }) body: IdentityDecision,
  ): Promise<IdentityState> {
    return this.replacements.decide(actor, id, body);
  }
}
