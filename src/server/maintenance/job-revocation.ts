import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { AccessEvents } from '../auth/access-events';
import type { Actor } from '../auth/actor';
import { Actors } from '../auth/actors';
import { permitsJob } from '../auth/clients/client-limits';
import { CustomerEvents } from '../customers/customer-events';
import { CustomersService } from '../customers/customers.service';
import { reaches } from '../customers/reach';
import { DeviceEvents } from '../devices/device-events';
import { JobDialogue } from './job-dialogue';
import type { JobEntity } from './job.entity';
import { JobsRepository } from './jobs.repository';

/**
 * Withdraws jobs that have not started and whose requester has lost the access for them: a user, an API token, an external
 * client or a customer was taken away; and those whose agent was moved. An agent that has such a job and is offline drops
 * it when it is online again.
 */
@Injectable()
export class JobRevocation implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly access: AccessEvents,
    private readonly customerEvents: CustomerEvents,
    private readonly deviceEvents: DeviceEvents,
    private readonly actors: Actors,
    private readonly customers: CustomersService,
    private readonly repository: JobsRepository,
    private readonly dialogue: JobDialogue,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.access.on('revoked', async ({ userId, apiTokenId, jobs }) => {
      if (!jobs) return;
      const open = await this.repository.openOfUser(userId);
      await this.withdraw(open.filter((job) => apiTokenId === undefined || job.apiTokenId === apiTokenId));
    });
    const recheckAll = async (userId: string) => this.recheck(await this.repository.openOfUser(userId));
    this.customerEvents.on('reassigned', recheckAll);
    this.access.on('narrowed', recheckAll);
    // they were instructed by users who need not reach the new site
    this.deviceEvents.on('moved', async ({ agentId }) => this.withdraw(await this.repository.openOf(agentId)));
  }

  /** The server may have stopped after access ended, before the jobs were marked. */
  async onApplicationBootstrap(): Promise<void> {
    await this.recheck(await this.repository.open());
  }

  /** Withdraws a job if access ended while it was being requested, too late for the events to find it. */
  async recheckRequest(actor: Actor, job: JobEntity): Promise<void> {
    if (await this.actors.keepsToken(actor)) await this.recheck([job]);
    else await this.withdraw([job]);
  }

  /** Withdraws those of these jobs that their requesters, as they are now, may not have. */
  private async recheck(jobs: readonly JobEntity[]): Promise<void> {
    const lost: JobEntity[] = [];
    for (const job of jobs) if (!(await this.isPermitted(job))) lost.push(job);
    await this.withdraw(lost);
  }

  private async isPermitted(job: JobEntity): Promise<boolean> {
    const actor = await this.actors.requesterOf(job);
    return actor !== undefined && permitsJob(actor, job) && reaches(await this.customers.reachOf(actor), job);
  }

  /** Has the agents drop these jobs unless they have started; an agent that is offline does so when it is online again. */
  async withdraw(jobs: readonly JobEntity[]): Promise<void> {
    if (jobs.length === 0) return;
    const revoked = jobs.map(({ id }) => id);
    await this.repository.markRevoked(revoked);
    for (const id of revoked) void this.withdrawNow(id);
  }

  /** Otherwise the queues do so at their next question to the agent. */
  private async withdrawNow(id: string): Promise<void> {
    await this.dialogue
      .ask(id)
      .catch((error: Error) => this.journal.info('a job is withdrawn later', { jobId: id, detail: error.message }));
  }
}
