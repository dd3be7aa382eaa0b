import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  connectionQuery,
  newSession,
  page,
  session,
  sessionConnection,
  sessionOverride,
  sessionQuery,
  sessionWithSteps,
  type Session,
  type SessionConnection,
} from '../../protocol/api';
import { toInstant } from '../../protocol/names';
import { STEPS } from '../../protocol/steps';
import type { Actor } from '../auth/actor';
import { CurrentActor } from '../auth/access/identity';
import { Permit, PermitClient } from '../auth/access/access.guard';
import { Answers } from '../http/answers';
import { SessionRequests } from './session-requests';
import { presented, presentedRecord } from './sessions.presenter';
import { SessionsService } from './sessions.service';

@Controller('api/sessions')
@Permit('technician')
export class SessionsController {
  constructor(
    private readonly requests: SessionRequests,
    private readonly sessions: SessionsService,
  ) {}

  /** S141 */
  @Post()
  @PermitClient('sessions:write')
  @Answers(session, 201)
  async request(
    @CurrentActor() actor: Actor,
    @Body({ schema: newSession }) body: z.output<typeof newSession>,
  ): Promise<Session> {
    return presented({ session: await this.requests.request(actor, body), logs: [] });
  }

  @Get()
  @PermitClient('sessions:read')
  @Answers(page(session))
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: sessionQuery }) query: z.output<typeof sessionQuery>,
  ): Promise<{ rows: Session[]; next: string | null }> {
    const { rows, next } = await this.sessions.list(actor, query);
    return { rows: rows.map((each) => presented(each)), next };
  }

  @Get(':id')
  @PermitClient('sessions:read')
  @Answers(sessionWithSteps)
  async get(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<z.infer<typeof sessionWithSteps>> {
    const found = await this.sessions.get(actor, id);
    const steps = found.steps.map(({ at, step, detail, decision }) => {
      return { at: toInstant(at), step, text: STEPS[step], detail, decision };
    });
    // relays and their loads are no matter of external clients
    const relay = actor.client ? null : found.session.relayChoice;
    return { ...presented(found), steps, relay, approvalRecord: presentedRecord(found.session) };
  }

  /** S201, S202 */
  @Get(':id/connection')
  @PermitClient('sessions:write')
  @Answers(sessionConnection)
  connection(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Query({ schema: connectionQuery }) { known }: z.infer<typeof connectionQuery>,
  ): Promise<SessionConnection> {
    return this.sessions.connection(actor, id, known);
  }

  @Post(':id/termination')
  @PermitClient('sessions:write')
  @Answers(session)
  async terminate(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<Session> {
    return presented(await this.sessions.terminate(actor, id));
  }

  @Post(':id/override')
  @Permit('admin')
  @Answers(session)
  async override(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Body({ schema: sessionOverride }) body: z.infer<typeof sessionOverride>,
  ): Promise<Session> {
    return presented(await this.sessions.override(actor, id, body.reason));
  }
}
