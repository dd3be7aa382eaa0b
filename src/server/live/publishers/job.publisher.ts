import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { JobEvents } from '../../maintenance/job.lifecycle';
import { presentedJob } from '../../maintenance/jobs.presenter';
import { JobsRepository } from '../../maintenance/jobs.repository';
import { LiveClients } from '../live-clients';
import { CoalescingQueue } from './coalescing-queue';

/** Publishes each changed maintenance job to the consoles whose users see it. */
@Injectable()
export class JobPublisher implements OnModuleInit {
  private readonly changed: CoalescingQueue;

  constructor(
    private readonly clients: LiveClients,
    private readonly events: JobEvents,
    private readonly jobs: JobsRepository,
    journal: Journal,
  ) {
    this.changed = new CoalescingQueue(
      (id) => this.publish(id),
      (error) => journal.unexpected(error, 'publishing a job'),
    );
  }

  onModuleInit(): void {
    this.events.on('changed', ({ id }) => {
      if (!this.clients.none) this.changed.add(id);
    });
  }

  private async publish(id: string): Promise<void> {
    const job = await this.jobs.find(id);
    if (job) this.clients.send({ type: 'job', job: presentedJob(job) }, job);
  }
}
