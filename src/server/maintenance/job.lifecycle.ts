import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { JobState, Operation } from '../../protocol/maintenance';
import { DeviceInformationService } from '../devices/information/device-information.service';
import type { JobEntity } from './job.entity';
import { JobEvents } from './job-events';
import { isOver, JOB_MACHINE, transition, type Input, type Transition } from './job.machine';
import { UnknownJob } from './jobs.errors';
import { JobsRepository } from './jobs.repository';

/** What comes with an input. */
export interface News {
  /** The input is meant for this state only, as the end of its wait is. */
  readonly from?: JobState;
  readonly values?: Partial<JobEntity>;
}

/** How often a change is tried again that another one has overtaken. */
const OVERTAKEN = 5;
/** What the device says of itself afterwards is not what it said before. */
const CHANGING: readonly Operation[] = ['test-page', 'restart', 'firmware-install'];

/** The only writer of a job's state: look up the transition, save it `WHERE state = :from`, publish. */
@Injectable()
export class JobLifecycle {
  constructor(
    private readonly repository: JobsRepository,
    private readonly events: JobEvents,
    private readonly information: DeviceInformationService,
    private readonly journal: Journal,
  ) {}

  /** Begins a job that has just been inserted (S121). */
  begin(job: JobEntity): void {
    const { id: jobId, deviceId, operation } = job;
    this.journal.step('S121', undefined, { jobId, deviceId, operation });
    this.events.publish('changed', job);
  }

  /**
   * Applies one input; when it returns, the change is saved.
   * @returns the changed job, or undefined when its state does not take this input
   * @throws UnknownJob
   */
  async apply(id: string, input: Input, news: News = {}): Promise<JobEntity | undefined> {
    for (let attempt = 0; attempt < OVERTAKEN; attempt++) {
      const job = await this.repository.find(id);
      if (!job) throw new UnknownJob(id);
      const next = transition(job.state, input);
      if (!next || (news.from && news.from !== job.state)) return undefined;
      const values = valuesFor(job, next, news);
      if (!(await this.repository.change(id, job.state, values))) continue;
      const changed: JobEntity = { ...job, ...values };
      await this.tell(job, changed);
      return changed;
    }
    throw new Error(`job ${id} changed ${OVERTAKEN} times while ${input} was applied`);
  }

  private async tell(before: JobEntity, job: JobEntity): Promise<void> {
    const { id: jobId, deviceId, agentId, state, failure, operation } = job;
    if (isOver(state)) {
      this.journal.info('job', { jobId, deviceId, operation, state, failure });
      if (job.beganAt && CHANGING.includes(operation)) await this.information.changed({ id: deviceId, agentId });
    }
    if (isNews(before, job)) this.events.publish('changed', job);
    if (isOver(state)) this.journal.step('S125', undefined, { jobId, deviceId });
  }
}

/** When the wait in a state is over; null for an end. */
export function deadlineOf(state: JobState, expiresAt: Date, now = Date.now()): Date | null {
  switch (JOB_MACHINE[state].timeout?.after) {
    case undefined:
      return null;
    case 'expiry':
      return expiresAt;
    case 'silence':
      return new Date(now + LIMITS.JOB_SILENT_MS);
    case 'silence-after-expiry':
      return new Date(Math.max(expiresAt.getTime(), now) + LIMITS.JOB_SILENT_MS);
  }
}

function valuesFor(job: JobEntity, { to, failure }: Transition, { values }: News): Partial<JobEntity> {
  const now = new Date();
  const over = isOver(to);
  const begun = to === 'executing' || to === 'succeeded';
  return {
    hold: null,
    percent: null,
    activity: '',
    ...values,
    state: to,
    deadlineAt: deadlineOf(to, job.expiresAt),
    failure: values?.failure ?? failure ?? null,
    beganAt: job.beganAt ?? (begun ? now : null),
    ...(over && { endedAt: now, firmwareToken: null }),
  };
}

/** An agent that says the same again has only shown that it is still there. */
const isNews = (before: JobEntity, after: JobEntity): boolean =>
  (['state', 'hold', 'percent', 'activity', 'detail'] as const).some((name) => before[name] !== after[name]);
