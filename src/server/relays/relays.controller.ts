import { Body, Controller, Delete, Get, Param, Patch, Put } from '@nestjs/common';
import { z } from 'zod';
import { relay, relayChange } from '../../protocol/api';
import { NAME_PATTERN } from '../../protocol/names';
import { Permit } from '../auth/access/access.guard';
import { CurrentActor } from '../auth/access/identity';
import type { Actor } from '../auth/actor';
import { Answers, AnswersNothing } from '../http/answers';
import { RelaysService, type Relay } from './relays.service';

const Id = (): ParameterDecorator => Param('id', { schema: z.string().regex(NAME_PATTERN) });

@Controller('api/relays')
@Permit('admin')
export class RelaysController {
  constructor(private readonly relays: RelaysService) {}

  @Get()
  @Answers(z.array(relay))
  list(): Promise<Relay[]> {
    return this.relays.list();
  }

  @Patch(':id')
  @Answers(relay)
  change(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Body({ schema: relayChange }) change: z.infer<typeof relayChange>,
  ): Promise<Relay> {
    return this.relays.change(actor, id, change);
  }

  @Put(':id/drain')
  @Answers(relay)
  drain(@CurrentActor() actor: Actor, @Id() id: string): Promise<Relay> {
    return this.relays.drain(actor, id);
  }

  @Delete(':id/drain')
  @Answers(relay)
  takeBack(@CurrentActor() actor: Actor, @Id() id: string): Promise<Relay> {
    return this.relays.takeBack(actor, id);
  }

  @Delete(':id')
  @AnswersNothing()
  remove(@CurrentActor() actor: Actor, @Id() id: string): Promise<void> {
    return this.relays.remove(actor, id);
  }
}
