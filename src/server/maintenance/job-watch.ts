import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { DeviceEvents } from '../devices/device-events';
import type { JobEntity } from './job.entity';
import { JobEvents } from './job-events';
import { JobLifecycle } from './job.lifecycle';
import { flawsOf, isOver, JOB_MACHINE } from './job.machine';
import { JobTurns } from './job-turns';
import { JobsRepository } from './jobs.repository';

/** After a start, for agents that have been asked something to come back and answer. */
const BACK_MS = 2 * LIMITS.RETRY_MAX_MS;

/** Ends the waits of jobs, takes them up again after a start, and follows what becomes of their agents. */
@Injectable()
export class JobWatch implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private stopped = false;

  constructor(
    private readonly repository: JobsRepository,
    private readonly lifecycle: JobLifecycle,
    private readonly turns: JobTurns,
    private readonly events: JobEvents,
    private readonly deviceEvents: DeviceEvents,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.events.on('changed', (job) => this.arm(job, job.deadlineAt));
    this.deviceEvents.on('removed', (agentId) => this.endAll(agentId));
  }

  async onApplicationBootstrap(): Promise<void> {
    const flaws = flawsOf(JOB_MACHINE);
    if (flaws.length > 0) throw new Error(`the job machine is not sound: ${flaws.join('; ')}`);
    for (const job of await this.repository.open()) {
      const earliest = job.askedAt ? Date.now() + BACK_MS : 0;
      this.arm(job, new Date(Math.max(job.deadlineAt?.getTime() ?? 0, earliest)));
      this.turns.take(job);
    }
  }

  onModuleDestroy(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private arm({ id, state }: Pick<JobEntity, 'id' | 'state'>, at: Date | null): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    if (this.stopped || isOver(state) || !at) return;
    const timer = setTimeout(
      () => {
        this.endWait(id).catch((error: unknown) => {
          this.journal.unexpected(error, `ending the wait of job ${id}`);
          this.arm({ id, state }, new Date(Date.now() + LIMITS.RETRY_FIRST_MS));
        });
      },
      Math.max(0, at.getTime() - Date.now()),
    );
    this.timers.set(id, timer);
  }

  private async endWait(id: string): Promise<void> {
    const job = await this.repository.find(id);
    const input = job && JOB_MACHINE[job.state].timeout?.input;
    if (!job || !input) return;
    // it has been heard of meanwhile
    if (job.deadlineAt && job.deadlineAt.getTime() > Date.now()) return this.arm(job, job.deadlineAt);
    const mayHaveIt = input === 'expire' && job.askedAt !== null;
    await this.lifecycle.apply(id, mayHaveIt ? 'silent' : input, { from: job.state });
  }

  /** The agent has been removed: nobody can say any more what became of them. */
  private async endAll(agentId: string): Promise<void> {
    for (const { id } of await this.repository.openOf(agentId)) await this.lifecycle.apply(id, 'agent-removed');
  }
}
