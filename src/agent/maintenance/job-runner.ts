import type { Journal } from '../../journal/journal';
import type { JobOrder, JobReport } from '../../protocol/ad-hoc-command';
import type { AnsweredBy } from '../../protocol/approval-record';
import { LIMITS } from '../../protocol/limits';
import type { JobFailure, Operation } from '../../protocol/maintenance';
import { ProblemError } from '../../protocol/problems';
import { jittered, timerMs } from '../../protocol/waits';
import { momentOf } from '../../protocol/weekly-hours';
import { UNREPORTED } from '../device/readiness';
import type { DevicePoller } from '../information/device-poller';
import type { JobSigner } from '../approval/job-approval-record';
import { needsDevice, refusalOf, type MaintainedDevice } from './executability';
import type { FirmwareCheck } from './firmware-check';
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
import type { OperationCounts } from './operation-counts';
import { decideForOwner, ownerRules, type OwnerFacts } from './owner-rules';
import { CommandRefused } from './maintenance.errors';
import { lastingFailureOf } from './operations';
import type { OperationContext } from './operation-context';
import { ChangeSignal } from './change-signal';

/** Waiting times are stored at this interval, so a kill loses no more. */
const STORE_INTERVAL_MS = 60_000;

/** Times that tests shorten. */
export interface JobRunnerTimes {
  readonly reportHoldMs?: number;
  readonly heldPollMs?: number;
}

export interface JobRunnerOptions extends JobRunnerTimes {
  readonly devices: ReadonlyMap<string, MaintainedDevice>;
  readonly poller: DevicePoller;
  readonly store: JobStore;
  readonly counts: OperationCounts;
  readonly refusalOfFirmware: FirmwareCheck;
  /** Signs an answer at the device; undefined: this agent has no signing key. */
  readonly sign: JobSigner | undefined;
  /** As in `DeviceFacts`. */
  readonly openSessions: (deviceId: string) => number;
  /** S123; never rejects. `progress` and `received` are inputs of the planner. */
  readonly carryOut: (
    order: JobOrder,
    reports: Pick<OperationContext, 'progress' | 'received' | 'wait'>,
  ) => Promise<JobOutcome>;
  readonly journal: Journal;
}

/** The maintenance jobs of this agent: passes each event to the planner and performs the actions that it returns. */
export class JobRunner {
  #jobs: AgentJobs = new Map();
  readonly #changes = new ChangeSignal();
  /** The last report of each job, as JSON. */
  readonly #reported = new Map<string, string>();
  readonly #polls = new Map<string, NodeJS.Timeout>();
  /** Devices whose first job waits for the end of a remote session; they are not polled meanwhile. */
  readonly #inSession = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #listeners: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #storeTimer: NodeJS.Timeout | undefined;
  /** The last write, and whether it succeeded. */
  #stored: Promise<boolean> = Promise.resolve(true);
  #stopped = false;
  /** No job starts before this installation is known to be the one that the account belongs to. */
  #suspended = true;

  constructor(private readonly options: JobRunnerOptions) {}

  get jobs(): AgentJobs {
    return this.#jobs;
  }

  /** Called after every change. Before `start`. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Loads the stored jobs. They wait for `resume`. */
  async start(): Promise<void> {
    await this.options.counts.load();
    this.#jobs = await this.options.store.load(performance.now());
    const refusals = [...this.#jobs.values()].map(({ order }) => [order.jobId, this.#refusal(order)] as const);
    const refused = refusals.filter((each): each is readonly [string, JobFailure] => each[1] !== null);
    this.#dispatch({ kind: 'resumed', refusals: new Map(refused) });
    await this.#stored;
    this.#storeTimer = setInterval(() => this.#storeWaiting(), STORE_INTERVAL_MS);
  }

  /** Starts jobs from now on. */
  resume(): void {
    if (!this.#suspended) return;
    this.#suspended = false;
    const devices = new Set([...this.#jobs.values()].map(({ order }) => order.deviceId));
    for (const deviceId of devices) this.#pollWhileHeld(deviceId);
  }

  /** A remote session was requested or has ended: polls the devices that waited for an end. */
  sessionsChanged(): void {
    for (const deviceId of this.#inSession) {
      if (this.options.openSessions(deviceId) > 0) continue;
      this.#inSession.delete(deviceId);
      this.#pollWhileHeld(deviceId);
    }
  }

  /** Starts no further job until `resume`. */
  suspend(): void {
    this.#suspended = true;
  }

  /** Cancels every job that has not started. */
  drop(): void {
    for (const { order, phase } of this.#jobs.values())
      if (phase.name === 'waiting') this.#dispatch({ kind: 'cancel', jobId: order.jobId });
  }

  /** Answers when the job is on disk and the agent has determined whether the device can execute it. */
  async execute(order: JobOrder): Promise<JobReport> {
    const known = this.#jobs.has(order.jobId);
    const answer = this.#dispatch({ kind: 'execute', order, refusal: this.#refusal(order) });
    if (answer === 'too-many') return finalReport({ failure: 'too-many', detail: '', result: [] });
    const determined = () => {
      const phase = this.#jobs.get(order.jobId)?.phase;
      return phase?.name !== 'waiting' || phase.hold !== null;
    };
    await this.#stored;
    if (!known) await this.#changes.wait(determined, LIMITS.DEVICE_ANSWER_MS);
    return this.#report(this.#job(order.operation, order.jobId));
  }

  /** Answers when the report has changed since the last one, or after `reportHoldMs`. @throws CommandRefused bad-sessionid */
  async next(operation: Operation, jobId: string): Promise<JobReport> {
    this.#job(operation, jobId);
    const reported = this.#reported.get(jobId);
    const changed = () => {
      const job = this.#jobs.get(jobId);
      return !job || job.phase.name === 'over' || JSON.stringify(reportOf(job)) !== reported;
    };
    await this.#changes.wait(changed, this.options.reportHoldMs ?? LIMITS.JOB_REPORT_HOLD_MS);
    return this.#report(this.#job(operation, jobId));
  }

  /**
   * Answers when the cancellation is on disk, because a restarted agent must not start the job.
   * @throws CommandRefused bad-sessionid, not-allowed
   */
  async cancel(operation: Operation, jobId: string): Promise<JobReport> {
    this.#job(operation, jobId);
    if (this.#dispatch({ kind: 'cancel', jobId }) === 'started') throw new CommandRefused('not-allowed');
    await this.#stored;
    return this.#report(this.#job(operation, jobId));
  }

  /** YES or NO at the device. @throws ProblemError unknown-job, wrong-state */
  decide(jobId: string, decision: 'approved' | 'declined', by: AnsweredBy): void {
    const job = this.#jobs.get(jobId);
    if (!job) throw new ProblemError('unknown-job', 'this job is over');
    const record = this.options.sign?.(job.order, decision, by);
    const answer = this.#dispatch({ kind: 'decide', jobId, decision, record });
    if (answer === 'not-asking') throw new ProblemError('wrong-state', 'this job does not wait for an answer');
  }

  /** Waits until `carryOut` has ended the started jobs, then stores all jobs. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#storeTimer);
    for (const timer of this.#polls.values()) clearTimeout(timer);
    this.#changes.close();
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

  #report(job: AgentJob): JobReport {
    const { jobId, deviceId, operation } = job.order;
    const report = reportOf(job);
    const text = JSON.stringify(report);
    const { status, failure } = report;
    if (status !== 'executing' && this.#reported.get(jobId) !== text)
      this.options.journal.step('S124', undefined, { jobId, deviceId, operation, outcome: status, failure });
    this.#reported.set(jobId, text);
    return report;
  }

  #dispatch(input: JobInput): JobAnswer {
    const { jobs, actions, answer } = planJobs(this.#jobs, input, performance.now());
    const before = this.#jobs;
    // Most inputs change nothing: files arrive in thousands of chunks, and devices are polled all the time.
    if (jobs === before && actions.length === 0) return answer;
    this.#jobs = jobs;
    for (const jobId of this.#reported.keys()) if (!jobs.has(jobId)) this.#reported.delete(jobId);
    for (const action of actions) this.#perform(action);
    // `#startJob` stores the jobs itself, and progress need not survive a restart.
    if (input.kind !== 'progress' && actions.every((action) => action.do !== 'start')) void this.#store();
    this.#setTimer();
    this.#changes.notify();
    for (const listener of this.#listeners) listener();
    return answer;
  }

  #perform(action: JobAction): void {
    if (action.do === 'poll') return this.#pollWhileHeld(action.deviceId);
    const started = this.#startJob(action).finally(() => this.#running.delete(started));
    this.#running.add(started);
  }

  /**
   * Polls until the first job of the device no longer waits. The job ignores other polls, because they may have started
   * before it arrived.
   */
  #pollWhileHeld(deviceId: string): void {
    if (this.#stopped || this.#suspended) return;
    const waiting = () => {
      const head = headOf(this.#jobs, deviceId);
      return head?.phase.name === 'waiting' ? head.order.jobId : undefined;
    };
    const jobId = waiting();
    const { poller } = this.options;
    const order = jobId === undefined ? undefined : this.#jobs.get(jobId)?.order;
    const lasting = (error: unknown) => (order && needsDevice(order.operation) ? lastingFailureOf(error) : undefined);
    const answer = poller.query(deviceId).catch((error) => lasting(error) ?? poller.known(deviceId));
    void answer.then((information) => {
      if (this.#stopped || this.#suspended || jobId === undefined || waiting() !== jobId) return;
      const refuse = (outcome: Omit<JobOutcome, 'result'>) =>
        void this.#dispatch({ kind: 'refused', jobId, outcome: { ...outcome, result: [] } });
      if ('failure' in information) return refuse(information);
      const { order } = this.#jobs.get(jobId) as AgentJob;
      const refusal = this.options.refusalOfFirmware(order, information); // before a person is asked
      if (refusal) return refuse(refusal);
      const readiness = this.options.devices.get(deviceId)?.access?.readiness ?? UNREPORTED;
      const openSessions = this.options.openSessions(deviceId);
      const owner = this.#ownerFacts(deviceId, jobId);
      this.#dispatch({ kind: 'information', deviceId, information, readiness, openSessions, owner });
      const head = headOf(this.#jobs, deviceId)?.phase;
      if (waiting() !== jobId || head?.name !== 'waiting') return;
      clearTimeout(this.#polls.get(deviceId));
      if (head.hold === 'session-open') return void this.#inSession.add(deviceId);
      const waitMs = jittered(this.options.heldPollMs ?? LIMITS.JOB_HOLD_POLL_MS, { least: 0.75, most: 1.25 });
      this.#polls.set(
        deviceId,
        setTimeout(() => this.#pollWhileHeld(deviceId), waitMs),
      );
    });
  }

  #ownerFacts(deviceId: string, jobId: string): OwnerFacts {
    const { operation } = (this.#jobs.get(jobId) as AgentJob).order;
    const rules = this.options.devices.get(deviceId)?.rules ?? ownerRules();
    const recent = this.options.counts.recent(deviceId, operation);
    return { rule: rules[operation], recent, now: momentOf(Date.now()) };
  }

  /** Stores the start of a job before it is carried out, so that no job is carried out twice. */
  async #startJob({ order, wait }: Extract<JobAction, { do: 'start' }>): Promise<void> {
    const { jobId, deviceId, operation } = order;
    const counted = wait ? true : await this.#count(deviceId, operation);
    const stored = await this.#store();
    if (!(stored && counted) && !wait) {
      const outcome = {
        failure: 'internal-error',
        detail: 'the agent cannot store the job',
        result: [],
      } as const;
      return void this.#dispatch({ kind: 'ended', jobId, outcome });
    }
    if (wait) this.options.journal.info('the wait for the new firmware version is resumed', { jobId, deviceId });
    else this.options.journal.step('S123', undefined, { jobId, deviceId, operation });
    const outcome = await this.options.carryOut(order, {
      wait,
      progress: (activity, percent) => void this.#dispatch({ kind: 'progress', jobId, activity, percent }),
      received: async (begun) => {
        this.#dispatch({ kind: 'received', jobId, wait: begun });
        await this.#stored;
      },
    });
    const { failure, detail } = outcome;
    if (failure === 'interrupted' && this.#waitsForVersion(jobId)) return; // the next start of the agent resumes it
    this.options.journal.info('maintenance job ended', { jobId, deviceId, operation, failure, detail });
    this.#dispatch({ kind: 'ended', jobId, outcome });
  }

  /** Whether the owner lets the server have a device read now; counts it as `information`. */
  async startReading(deviceId: string): Promise<boolean> {
    const rules = this.options.devices.get(deviceId)?.rules;
    if (!rules) return false;
    const recent = this.options.counts.recent(deviceId, 'information');
    const determined = decideForOwner({ rule: rules.information, recent, now: momentOf(Date.now()) }, false);
    return determined.do === 'execute' && this.#count(deviceId, 'information');
  }

  #count(deviceId: string, operation: Operation): Promise<boolean> {
    return this.options.counts.count(deviceId, operation).then(
      () => true,
      (error: Error) => {
        this.options.journal.error('a started operation cannot be counted', { detail: error.message });
        return false;
      },
    );
  }

  #waitsForVersion(jobId: string): boolean {
    const phase = this.#jobs.get(jobId)?.phase;
    return phase?.name === 'started' && phase.wait !== undefined;
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
    this.#timer = setTimeout(() => this.#dispatch({ kind: 'clock' }), timerMs(deadline - performance.now()));
  }
}
