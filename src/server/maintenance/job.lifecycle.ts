import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { JobState } from '../../protocol/maintenance';
import { DeviceEvents } from '../devices/device-events';
import { DeviceInformationService } from '../devices/information/device-information.service';
import { TypedEvents } from '../events/typed-events';
import { Lifecycle } from '../state-machine/lifecycle';
import type { JobEntity } from './job.entity';
import { isOver, JOB_MACHINE, type JobInput, type JobOutput, type JobTransition, type JobWait } from './job.machine';
import { UnknownJob } from './jobs.errors';
import { JobsRepository } from './jobs.repository';

/** `changed`: a change of a job was saved that the API shows. */
@Injectable()
export class JobEvents extends TypedEvents<{ changed: JobEntity }> {}

/** What an input brings. */
export interface JobDetails {
  readonly from?: JobState;
  readonly values?: Partial<JobEntity>;
}

/** Carries out the outputs that need the agent. */
export interface QueuedOutputs {
  send(job: JobEntity): void;
  poll(job: JobEntity): void;
}

@Injectable()
export class JobLifecycle
  extends Lifecycle<JobState, JobInput, JobOutput, JobWait, JobTransition, JobEntity, JobDetails>
  implements OnModuleInit
{
  private queuedOutputs!: QueuedOutputs;

  constructor(
    private readonly repository: JobsRepository,
    private readonly events: JobEvents,
    private readonly information: DeviceInformationService,
    private readonly deviceEvents: DeviceEvents,
    journal: Journal,
  ) {
    super(JOB_MACHINE, repository, journal);
  }

  onModuleInit(): void {
    this.deviceEvents.on('removed', (agentId) => this.failAllOf(agentId));
  }

  /** Call this in `onModuleInit`. The outputs apply the agents' answers here, so they cannot be injected. */
  register(outputs: QueuedOutputs): void {
    this.queuedOutputs = outputs;
  }

  protected valuesFor(job: JobEntity, { to, failure }: JobTransition, { values }: JobDetails): Partial<JobEntity> {
    const now = new Date();
    const hasStarted = to === 'executing' || to === 'succeeded';
    return {
      waiting: null,
      hold: null,
      percent: null,
      activity: '',
      ...values,
      failure: values?.failure ?? failure ?? null,
      beganAt: job.beganAt ?? (hasStarted ? now : null),
      ...(isOver(to) && { endedAt: now, firmwareToken: null }),
    };
  }

  protected deadlineAfter(wait: JobWait, { expiresAt }: JobEntity, now: Date): Date {
    switch (wait) {
      case 'expiry':
        return expiresAt;
      case 'silence':
        return new Date(now.getTime() + LIMITS.JOB_SILENT_MS);
      case 'silence-after-expiry':
        return new Date(Math.max(expiresAt.getTime(), now.getTime()) + LIMITS.JOB_SILENT_MS);
    }
  }

  protected publish(job: JobEntity, before?: JobEntity): void {
    const { id: jobId, deviceId, operation, state, failure } = job;
    if (!before) this.journal.step('S121', undefined, { jobId, deviceId, operation });
    if (isOver(state)) this.journal.info('job', { jobId, deviceId, operation, state, failure });
    if (!before || isVisible(before, job)) this.events.publish('changed', job);
    if (isOver(state)) this.journal.step('S125', undefined, { jobId, deviceId });
  }

  protected async carryOut(output: JobOutput, job: JobEntity): Promise<void> {
    switch (output) {
      case 'send':
        return this.queuedOutputs.send(job);
      case 'poll':
        return this.queuedOutputs.poll(job);
      case 'outdate-information': {
        const { beganAt, operation, deviceId: id, agentId } = job;
        if (beganAt) await this.information.changed({ id, agentId }, operation);
      }
    }
  }

  protected unknown(id: string): Error {
    return new UnknownJob(id);
  }

  protected override expire(job: JobEntity, input: JobInput): Promise<void> {
    const mayHaveStarted = job.askedAt !== null;
    return super.expire(job, input === 'expire' && mayHaveStarted ? 'silent' : input);
  }

  protected async resume(job: JobEntity): Promise<void> {
    // an agent that was asked needs time to reconnect and answer
    if (job.askedAt) await this.postpone(job, new Date(Date.now() + 2 * LIMITS.RETRY_MAX_MS));
    this.enter(job);
  }

  /** No agent can report the outcome any more. */
  private async failAllOf(agentId: string): Promise<void> {
    for (const { id } of await this.repository.openOf(agentId)) await this.apply(id, 'agent-removed');
  }
}

/** A repeated report only shows that the agent is still there. */
const isVisible = (before: JobEntity, after: JobEntity): boolean =>
  JSON.stringify(before.waiting) !== JSON.stringify(after.waiting) ||
  (['state', 'hold', 'percent', 'activity', 'detail'] as const).some((name) => before[name] !== after[name]);
