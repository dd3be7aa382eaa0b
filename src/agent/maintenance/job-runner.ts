import type { Journal } from '../../journal/journal';
import type { JobOrder, JobReport } from '../../protocol/ad-hoc-command';
import { LIMITS } from '../../protocol/limits';
import type { JobFailure, Operation } from '../../protocol/maintenance';
import type { DeviceWatch } from '../information/device-watch';
import { refusalOf, type MaintainedDevice } from './executability';
import {
  finalReport,
  reportOf,
  type AgentJob,
  type AgentJobs,
  type JobAction,
  type JobAnswer,
  type JobInput,
  type JobOutcome,
} from './job';
import { headOf, nextJobDeadline, planJobs } from './job-planner';
import type { JobStore } from './job-store';
import { CommandRefused } from './maintenance.errors';
import { News } from './change-signal';

/** setTimeout's own limit. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** How much of the time that a job may wait is lost at most when the agent is killed. */
const STORE_AGAIN_MS = 60_000;

/** For tests, which have less time. */
export interface JobRunnerTimes {
  readonly reportHoldMs?: number;
  readonly heldLookMs?: number;
}

export interface JobRunnerOptions extends JobRunnerTimes {
  readonly devices: ReadonlyMap<string, MaintainedDevice>;
  readonly watch: DeviceWatch;
  readonly store: JobStore;
  /** S123; never rejects. `onProgress` as the planner's input. */
  readonly carryOut: (
    order: JobOrder,
    onProgress: (activity: string, percent: number | null) => void,
  ) => Promise<JobOutcome>;
  readonly journal: Journal;
}

/** The maintenance jobs of this agent: feeds the planner with what happens and takes the actions it plans. */
export class JobRunner {
  #jobs: AgentJobs = new Map();
  readonly #news = new News();
  /** What the control plane was told of a job last. */
  readonly #told = new Map<string, string>();
  readonly #looks = new Map<string, NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  readonly #listeners: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #storing: NodeJS.Timeout | undefined;
  /** The last write; whether it came to the disk. */
  #stored: Promise<boolean> = Promise.resolve(true);
  #stopped = false;

  constructor(private readonly options: JobRunnerOptions) {
    options.watch.onSeen((deviceId, information) => {
      if (headOf(this.#jobs, deviceId)?.phase.name === 'waiting')
        this.#dispatch({ kind: 'seen', deviceId, information });
    });
  }

  get jobs(): AgentJobs {
    return this.#jobs;
  }

  /** Called after every change. Before `start`. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Goes on with what was stored. */
  async start(): Promise<void> {
    this.#jobs = await this.options.store.load(performance.now());
    const refusals = [...this.#jobs.values()].map(({ order }) => [order.jobId, this.#refusal(order)] as const);
    const standing = refusals.filter((each): each is readonly [string, JobFailure] => each[1] !== null);
    this.#dispatch({ kind: 'started', refusals: new Map(standing) });
    await this.#stored;
    this.#storing = setInterval(() => this.#storeWaiting(), STORE_AGAIN_MS);
  }

  /** Once it is on the disk, and it has been determined whether the device can execute it. */
  async execute(order: JobOrder): Promise<JobReport> {
    const known = this.#jobs.has(order.jobId);
    const answer = this.#dispatch({ kind: 'execute', order, refusal: this.#refusal(order) });
    if (answer === 'too-many') return finalReport({ failure: 'too-many', detail: '', result: [] });
    const determined = () => {
      const phase = this.#jobs.get(order.jobId)?.phase;
      return phase?.name !== 'waiting' || phase.hold !== null;
    };
    await this.#stored;
    if (!known) await this.#news.until(determined, LIMITS.DEVICE_ANSWER_MS);
    return this.#tell(this.#job(order.operation, order.jobId));
  }

  /** What has changed since the last answer, or after a while what there is. @throws CommandRefused bad-sessionid */
  async next(operation: Operation, jobId: string): Promise<JobReport> {
    this.#job(operation, jobId);
    const told = this.#told.get(jobId);
    const changed = () => {
      const job = this.#jobs.get(jobId);
      return !job || job.phase.name === 'over' || JSON.stringify(reportOf(job)) !== told;
    };
    await this.#news.until(changed, this.options.reportHoldMs ?? LIMITS.JOB_REPORT_HOLD_MS);
    return this.#tell(this.#job(operation, jobId));
  }

  /** Once it is on the disk: an agent that is started again must not begin it. @throws CommandRefused bad-sessionid, not-allowed */
  async cancel(operation: Operation, jobId: string): Promise<JobReport> {
    this.#job(operation, jobId);
    if (this.#dispatch({ kind: 'cancel', jobId }) === 'begun') throw new CommandRefused('not-allowed');
    await this.#stored;
    return this.#tell(this.#job(operation, jobId));
  }

  /** What is being carried out has to be given up by whoever carries it out; waits for that, and stores what is left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#storing);
    for (const timer of this.#looks.values()) clearTimeout(timer);
    this.#news.end();
    await Promise.all(this.#running);
    await this.#store();
  }

  /** @throws CommandRefused bad-sessionid */
  #job(operation: Operation, jobId: string): AgentJob {
    const job = this.#jobs.get(jobId);
    if (job?.order.operation !== operation) throw new CommandRefused('bad-sessionid');
    return job;
  }

  #refusal({ deviceId, operation }: JobOrder): JobFailure | null {
    return refusalOf(operation, this.options.devices.get(deviceId));
  }

  #tell(job: AgentJob): JobReport {
    const { jobId, deviceId, operation } = job.order;
    const report = reportOf(job);
    const text = JSON.stringify(report);
    const { status, failure } = report;
    if (status !== 'executing' && this.#told.get(jobId) !== text)
      this.options.journal.step('S124', undefined, { jobId, deviceId, operation, status, failure });
    this.#told.set(jobId, text);
    return report;
  }

  #dispatch(input: JobInput): JobAnswer {
    const { jobs, actions, answer } = planJobs(this.#jobs, input, performance.now());
    const before = this.#jobs;
    // a file comes in thousands of pieces, and a device is looked at all the time: that alone is no news
    if (jobs === before && actions.length === 0) return answer;
    this.#jobs = jobs;
    for (const jobId of this.#told.keys()) if (!jobs.has(jobId)) this.#told.delete(jobId);
    for (const action of actions) this.#take(action);
    // A job that begins stores it itself; how far it is need not outlive the agent.
    if (input.kind !== 'progress' && actions.every((action) => action.do !== 'begin')) void this.#store();
    this.#setTimer();
    this.#news.tell();
    for (const listener of this.#listeners) listener();
    return answer;
  }

  #take(action: JobAction): void {
    if (action.do === 'look') return this.#look(action.deviceId);
    const begun = this.#begin(action.order).finally(() => this.#running.delete(begun));
    this.#running.add(begun);
  }

  /** Asks until there is no job of the device left that waits for an answer; the answers come by `onSeen`. */
  #look(deviceId: string): void {
    if (this.#stopped) return;
    void this.options.watch.look(deviceId).then(() => {
      if (this.#stopped || headOf(this.#jobs, deviceId)?.phase.name !== 'waiting') return;
      clearTimeout(this.#looks.get(deviceId));
      const waitMs = (this.options.heldLookMs ?? LIMITS.JOB_HELD_LOOK_MS) * (0.75 + Math.random() / 2);
      this.#looks.set(
        deviceId,
        setTimeout(() => this.#look(deviceId), waitMs),
      );
    });
  }

  /** Not before it is on the disk that it has begun: nothing is carried out twice. */
  async #begin(order: JobOrder): Promise<void> {
    const { jobId, deviceId, operation } = order;
    const stored = await this.#store();
    if (!stored) {
      const outcome = {
        failure: 'internal-error',
        detail: 'the job cannot be stored at the agent',
        result: [],
      } as const;
      return void this.#dispatch({ kind: 'ended', jobId, outcome });
    }
    this.options.journal.step('S123', undefined, { jobId, deviceId, operation });
    const onProgress = (activity: string, percent: number | null) =>
      this.#dispatch({ kind: 'progress', jobId, activity, percent });
    const outcome = await this.options.carryOut(order, onProgress);
    const { failure, detail } = outcome;
    this.options.journal.info('maintenance job over', { jobId, deviceId, operation, failure, detail });
    this.#dispatch({ kind: 'ended', jobId, outcome });
  }

  #store(): Promise<boolean> {
    this.#stored = this.options.store.save(this.#jobs).then(
      () => true,
      (error: Error) => {
        this.options.journal.error('the maintenance jobs cannot be stored', { detail: error.message });
        return false;
      },
    );
    return this.#stored;
  }

  #storeWaiting(): void {
    if ([...this.#jobs.values()].some(({ phase }) => phase.name === 'waiting')) void this.#store();
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const deadline = nextJobDeadline(this.#jobs);
    if (deadline === undefined || this.#stopped) return;
    const waitMs = Math.min(Math.max(Math.ceil(deadline - performance.now()), 1), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#dispatch({ kind: 'clock' }), waitMs);
  }
}
