import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import { z } from 'zod';
import {
  agent,
  agentChange,
  createdEnrolment,
  lastAgentCheck,
  newEnrolment,
  openEnrolment,
} from '../../../protocol/api';
import { enrolment, enrolmentRequest, type Enrolment, type EnrolmentRequest } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import { toInstant } from '../../../protocol/names';
import type { Actor } from '../../auth/actor';
import { CurrentActor } from '../../auth/access/identity';
import { Permit, Public } from '../../auth/access/access.guard';
import { CustomersService } from '../../customers/customers.service';
import { Answers, AnswersNothing } from '../../http/answers';
import { AgentChecks } from './agent-checks';
import { isAsleep } from './agents.repository';
import { AgentsService } from './agents.service';
import { NextKey } from './next-key';
import { EnrolmentService } from './enrolment.service';

@Controller('api')
export class AgentsController {
  constructor(
    private readonly agents: AgentsService,
    private readonly enrolment: EnrolmentService,
    private readonly customers: CustomersService,
    private readonly nextKey: NextKey,
    private readonly checks: AgentChecks,
  ) {}

  @Get('agents')
  @Permit('admin')
  @Answers(z.array(agent))
  async list(): Promise<z.infer<typeof agent>[]> {
    const agents = await this.agents.all();
    const sites = await this.customers.named(agents.map(({ siteId }) => siteId));
    return agents.map(({ id, version, createdAt, lastSeenAt, asleepSince, siteId, deviceIds, nextPin }) => ({
      id,
      version,
      site: sites.get(siteId) ?? null,
      deviceIds: deviceIds ?? [],
      knowsNextKey: this.nextKey.isKnownTo({ nextPin }),
      online: this.agents.isOnline(id),
      asleep: isAsleep(this.agents.isOnline(id), { asleepSince }),
      createdAt: toInstant(createdAt),
      lastSeenAt: lastSeenAt && toInstant(lastSeenAt),
    }));
  }

  @Patch('agents/:id')
  @Permit('admin')
  @AnswersNothing()
  change(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Body({ schema: agentChange }) change: z.infer<typeof agentChange>,
  ): Promise<void> {
    return this.agents.change(actor, id, change);
  }

  @Delete('agents/:id')
  @Permit('admin')
  @AnswersNothing()
  remove(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.agents.remove(actor, id);
  }

  @Delete('agents/:id/installation')
  @Permit('admin')
  @AnswersNothing()
  releaseInstallation(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.agents.releaseInstallation(actor, id);
  }

  @Get('agents/:id/check')
  @Permit('admin')
  @Answers(lastAgentCheck)
  async lastCheck(@Param('id') id: string): Promise<z.infer<typeof lastAgentCheck>> {
    return { check: await this.checks.last(id) };
  }

  @Post('agents/:id/check')
  @Permit('admin')
  @Answers(lastAgentCheck, 202)
  async check(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<z.infer<typeof lastAgentCheck>> {
    return { check: await this.checks.start(actor, id) };
  }

  @Post('enrolment-codes')
  @Permit('admin')
  @Answers(createdEnrolment, 201)
  async createEnrolment(
    @CurrentActor() actor: Actor,
    @Body({ schema: newEnrolment }) body: z.infer<typeof newEnrolment>,
  ): Promise<z.infer<typeof createdEnrolment>> {
    const created = await this.enrolment.createEnrolment(actor, body);
    return { ...created, expiresAt: toInstant(created.expiresAt) };
  }

  @Get('enrolment-codes')
  @Permit('admin')
  @Answers(z.array(openEnrolment))
  async openCodes(): Promise<z.infer<typeof openEnrolment>[]> {
    const codes = await this.enrolment.open();
    const sites = await this.customers.named(codes.map(({ siteId }) => siteId));
    return codes.map(({ codeHash, agentId, siteId, deviceIds, expiresAt }) => ({
      ...{ id: codeHash, agentId, site: sites.get(siteId) ?? null, deviceIds, expiresAt: toInstant(expiresAt) },
    }));
  }

  @Delete('enrolment-codes/:id')
  @Permit('admin')
  @AnswersNothing()
  revokeCode(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.enrolment.revoke(actor, id);
  }

  /** Called by the agent, which authenticates with the one-time code. */
  @Post('enrolment')
  @Public()
  @Throttle({ default: { limit: LIMITS.LOGINS_PER_MINUTE, ttl: 60_000 } })
  @Answers(enrolment)
  enrol(@Body({ schema: enrolmentRequest }) body: EnrolmentRequest): Promise<Enrolment> {
    return this.enrolment.enrol(body);
  }
}
