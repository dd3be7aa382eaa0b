import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { JobEvents } from '../maintenance/job-events';
import { presentedJob } from '../maintenance/jobs.presenter';
import { JobsRepository } from '../maintenance/jobs.repository';
import { InTurn } from './in-turn';
import { LiveClients } from './live-clients';

/** Tells everybody how maintenance jobs get on. */
@Injectable()
export class JobNews implements OnModuleInit {
  private readonly changed: InTurn;

  constructor(
    private readonly clients: LiveClients,
    private readonly events: JobEvents,
    private readonly jobs: JobsRepository,
    journal: Journal,
  ) {
    this.changed = new InTurn(
      (id) => this.tell(id),
      (error) => journal.unexpected(error, 'telling of jobs'),
    );
  }

  onModuleInit(): void {
    this.events.onChanged(({ id }) => {
      if (!this.clients.none) this.changed.note(id);
    });
  }

  private async tell(id: string): Promise<void> {
    const job = await this.jobs.find(id);
    if (job) this.clients.send({ type: 'job', job: presentedJob(job) });
  }
}
