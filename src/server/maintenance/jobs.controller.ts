import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { jobQuery, page } from '../../protocol/api';
import { job, newJob, type Job } from '../../protocol/maintenance';
import type { Actor } from '../auth/actor';
import { CurrentActor } from '../auth/access/identity';
import { Permit, PermitClient } from '../auth/access/access.guard';
import type { Page } from '../database/page';
import { Answers } from '../http/answers';
import { JobRequests } from './job-requests';
import { presentedJob } from './jobs.presenter';
import { JobsService } from './jobs.service';

@Controller('api')
@Permit('technician')
export class JobsController {
  constructor(
    private readonly requests: JobRequests,
    private readonly jobs: JobsService,
  ) {}

  /** S121 */
  @Post('devices/:id/jobs')
  @PermitClient('jobs:write')
  @Answers(job, 201)
  async request(
    @CurrentActor() actor: Actor,
    @Param('id') deviceId: string,
    @Body({ schema: newJob }) body: z.output<typeof newJob>,
  ): Promise<Job> {
    return presentedJob(await this.requests.request(actor, deviceId, body));
  }

  @Get('jobs')
  @PermitClient('jobs:read')
  @Answers(page(job))
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: jobQuery }) query: z.output<typeof jobQuery>,
  ): Promise<Page<Job>> {
    const { rows, next } = await this.jobs.list(actor, query);
    return { rows: rows.map(presentedJob), next };
  }

  @Get('jobs/:id')
  @PermitClient('jobs:read')
  @Answers(job)
  async get(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<Job> {
    return presentedJob(await this.jobs.get(actor, id));
  }

  @Post('jobs/:id/cancellation')
  @PermitClient('jobs:write')
  @Answers(job)
  async cancel(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<Job> {
    return presentedJob(await this.jobs.cancel(actor, id));
  }
}
