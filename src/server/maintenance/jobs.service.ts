import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import { CustomersService } from '../customers/customers.service';
import type { Page } from '../database/page';
import { JobDialogue } from './job-dialogue';
import type { JobEntity } from './job.entity';
import { JobLifecycle } from './job.lifecycle';
import { isOver } from './job.machine';
import { JobStarted, JobOver, UnknownJob } from './jobs.errors';
import { JobsRepository, type JobFilter } from './jobs.repository';

/** Maintenance jobs as the API shows and cancels them. */
@Injectable()
export class JobsService {
  constructor(
    private readonly repository: JobsRepository,
    private readonly lifecycle: JobLifecycle,
    private readonly customers: CustomersService,
    private readonly dialogue: JobDialogue,
    private readonly audit: AuditService,
  ) {}

  /** Jobs at devices within reach of the actor. */
  async list(actor: Actor, filter: JobFilter): Promise<Page<JobEntity>> {
    return this.repository.list(await this.customers.reachOf(actor), filter);
  }

  /** @throws UnknownJob, also for a job out of reach of the actor */
  async get(actor: Actor, id: string): Promise<JobEntity> {
    const job = await this.repository.find(id);
    if (!job || !(await this.customers.sees(actor, job))) throw new UnknownJob(id);
    return job;
  }

  /**
   * Cancels a job that has not started on the device; harmless to repeat.
   * @throws UnknownJob, JobStarted, JobOver; AgentOffline, AgentSilent if the agent may have it and does not answer
   */
  async cancel(actor: Actor, id: string): Promise<JobEntity> {
    const job = await this.get(actor, id);
    if (job.state === 'cancelled') return job;
    if (isOver(job.state)) throw new JobOver(id, job.state);
    if (job.state === 'executing') throw new JobStarted(id);
    // the first claim wins: a job is either sent or cancelled
    const isClaimed = job.state === 'requested' && !job.askedAt && (await this.repository.claim(id));
    if (isClaimed) await this.lifecycle.apply(id, 'cancel');
    else await this.dialogue.cancel(job);

    const now = await this.get(actor, id);
    if (!isOver(now.state)) throw new JobStarted(id);
    if (now.state !== 'cancelled') throw new JobOver(id, now.state);
    await this.audit.record(actor, 'job.cancelled', id, `${job.deviceId} ${job.operation}`);
    return now;
  }
}
