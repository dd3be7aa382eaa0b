import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { AccessEvents } from '../auth/access-events';
import { UsersService } from '../auth/users/users.service';
import { CustomerEvents } from '../customers/customer-events';
import { CustomersService } from '../customers/customers.service';
import { NOTHING, reaches } from '../customers/reach';
import { DeviceEvents } from '../devices/device-events';
import { JobDialogue } from './job-dialogue';
import type { JobEntity } from './job.entity';
import { JobsRepository } from './jobs.repository';

/**
 * Withdraws jobs that have not started and whose user, API token or customer was taken away, or whose agent was moved. An
 * agent that has such a job and is offline drops it when it is online again.
 */
@Injectable()
export class JobRevocation implements OnModuleInit {
  constructor(
    private readonly access: AccessEvents,
    private readonly customerEvents: CustomerEvents,
    private readonly deviceEvents: DeviceEvents,
    private readonly users: UsersService,
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
    const recheckAll = async (userId: string) => {
      const actor = await this.users.actor(userId);
      const reach = actor ? await this.customers.reachOf(actor) : NOTHING;
      await this.withdraw((await this.repository.openOfUser(userId)).filter((job) => !reaches(reach, job)));
    };
    this.customerEvents.on('reassigned', recheckAll);
    this.access.on('narrowed', recheckAll);
    // they were instructed by users who need not reach the new site
    this.deviceEvents.on('moved', async ({ agentId }) => this.withdraw(await this.repository.openOf(agentId)));
  }

  private async withdraw(jobs: readonly JobEntity[]): Promise<void> {
    const revoked = jobs.map(({ id }) => id);
    await this.repository.markRevoked(revoked);
    await Promise.all(revoked.map((id) => this.withdrawNow(id)));
  }

  /** Otherwise the queues do so at their next question to the agent. */
  private async withdrawNow(id: string): Promise<void> {
    await this.dialogue
      .ask(id)
      .catch((error: Error) => this.journal.info('a job is withdrawn later', { jobId: id, detail: error.message }));
  }
}
