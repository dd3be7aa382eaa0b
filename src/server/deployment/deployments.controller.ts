import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { page, pageQuery } from '../../protocol/api';
import { deployment, deploymentExecution, newDeployment, type Deployment } from '../../protocol/deployment';
import type { Actor } from '../auth/actor';
import { CurrentActor } from '../auth/access/identity';
import { Permit } from '../auth/access/access.guard';
import type { Page } from '../database/page';
import { Answers } from '../http/answers';
import { presentedDeployment } from './deployments.presenter';
import { DeploymentsService } from './deployments.service';

@Controller('api/deployments')
@Permit('admin')
export class DeploymentsController {
  constructor(private readonly deployments: DeploymentsService) {}

  /** S311-S313 */
  @Post()
  @Answers(deployment, 201)
  async instruct(
    @CurrentActor() actor: Actor,
    @Body({ schema: newDeployment }) body: z.output<typeof newDeployment>,
  ): Promise<Deployment> {
    return presentedDeployment(await this.deployments.instruct(actor, body));
  }

  @Get()
  @Answers(page(deployment))
  async list(@Query({ schema: pageQuery }) query: z.output<typeof pageQuery>): Promise<Page<Deployment>> {
    const { rows, next } = await this.deployments.page(query);
    return { rows: rows.map((each) => presentedDeployment(each)), next };
  }

  @Get(':id')
  @Answers(deployment)
  async get(@Param('id') id: string): Promise<Deployment> {
    return presentedDeployment(await this.deployments.get(id));
  }

  @Post(':id/execution')
  @Answers(deployment)
  async execute(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Body({ schema: deploymentExecution }) body: z.output<typeof deploymentExecution>,
  ): Promise<Deployment> {
    return presentedDeployment(await this.deployments.execute(actor, id, body));
  }

  @Post(':id/abortion')
  @Answers(deployment)
  async abort(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<Deployment> {
    return presentedDeployment(await this.deployments.abort(actor, id));
  }

  @Post(':id/roll-back')
  @Answers(deployment, 201)
  async rollBack(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<Deployment> {
    return presentedDeployment(await this.deployments.rollBack(actor, id));
  }
}
