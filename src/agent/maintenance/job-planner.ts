import type { JobReport } from '../../protocol/ad-hoc-command';
import { LIMITS } from '../../protocol/limits';
import type { HoldReason, JobFailure } from '../../protocol/maintenance';
import { determine } from './executability';
import { decideForOwner } from './owner-rules';
import {
  cancelledReport,
  finalReport,
  type AgentJob,
  type AgentJobs,
  type JobAction,
  type JobInput,
  type JobPhase,
  type JobPlan,
} from './job';

/**
 * The transition for one input: the next state of this agent's jobs, the actions to perform, and the answer. Pure; `now`
 * uses the clock of `JobPhase`. Each device has one queue in order of arrival. Its first job is held until the device
 * can execute it; the others wait.
 */
export function planJobs(jobs: AgentJobs, input: JobInput, now: number): JobPlan {
  switch (input.kind) {
    case 'resumed':
      return resume(jobs, input, now);
    case 'execute':
      return execute(jobs, input, now);
    case 'cancel':
      return cancel(jobs, input.jobId, now);
    case 'information':
      return onInformation(jobs, input, now);
    case 'decide':
      return decide(jobs, input, now);
    case 'refused':
      return refused(jobs, input, now);
    case 'progress':
      return progress(jobs, input);
    case 'received':
      return received(jobs, input);
    case 'ended':
      return ended(jobs, input, now);
    case 'clock':
      return advanceQueues(mapJobs(jobs, (job) => passTime(job, now)));
  }
}

/** When `clock` next changes anything; undefined: never. */
export function nextJobDeadline(jobs: AgentJobs): number | undefined {
  const deadlines = [...jobs.values()].map(({ phase }) => deadlineOf(phase)).filter((at) => at !== undefined);
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}

/** The first open job of a device. */
export const headOf = (jobs: AgentJobs, deviceId: string): AgentJob | undefined =>
  [...jobs.values()].find((job) => job.order.deviceId === deviceId && job.phase.name !== 'over');

function execute(jobs: AgentJobs, { order, refusal }: Extract<JobInput, { kind: 'execute' }>, now: number): JobPlan {
  const unchanged = { jobs, actions: [] };
  if (jobs.has(order.jobId)) return { ...unchanged, answer: 'accepted' };
  const open = [...jobs.values()].filter(
    ({ phase, order: { deviceId } }) => phase.name !== 'over' && deviceId === order.deviceId,
  );
  const room = open.length < LIMITS.JOBS_PER_DEVICE && makeRoom(jobs);
  if (!room) return { ...unchanged, answer: 'too-many' };
  const expiresAt = now + order.expiresInSeconds * 1000;
  const job: AgentJob = { order, phase: { name: 'waiting', hold: 'queued', detail: '', expiresAt } };
  room.set(order.jobId, refusal ? failed(job, refusal, '', now) : job);
  return advanceQueues(room);
}

function makeRoom(jobs: AgentJobs): Map<string, AgentJob> | undefined {
  const room = new Map(jobs);
  if (room.size < LIMITS.JOBS_PER_AGENT) return room;
  const oldest = [...room].find(([, { phase }]) => phase.name === 'over');
  if (!oldest) return undefined;
  room.delete(oldest[0]);
  return room;
}

function cancel(jobs: AgentJobs, jobId: string, now: number): JobPlan {
  const job = jobs.get(jobId);
  if (!job) return { jobs, actions: [], answer: 'unknown-job' };
  if (job.phase.name === 'waiting') return advanceQueues(withJob(jobs, over(job, cancelledReport, now)));
  const withdrawn = job.phase.name === 'over' && job.phase.report.status === 'canceled';
  return { jobs, actions: [], answer: withdrawn ? 'accepted' : 'started' };
}

/** C2, C4: determines whether the first job can be executed, and starts it if so. */
function onInformation(
  jobs: AgentJobs,
  { deviceId, owner, ...facts }: Extract<JobInput, { kind: 'information' }>,
  now: number,
): JobPlan {
  const head = headOf(jobs, deviceId);
  if (head?.phase.name !== 'waiting') return { jobs, actions: [], answer: 'accepted' };
  const { order, phase } = head;
  const possible = determine(order.operation, facts);
  // A person is asked only for what can start now.
  const determined = possible.do === 'execute' ? decideForOwner(owner, phase.approved === true) : possible;
  switch (determined.do) {
    case 'refuse':
      return advanceQueues(withJob(jobs, failed(head, determined.failure, determined.detail, now)));
    case 'hold': {
      const { hold, detail } = determined;
      if (hold === phase.hold && detail === phase.detail) return { jobs, actions: [], answer: 'accepted' };
      return { jobs: withJob(jobs, { ...head, phase: { ...phase, hold, detail } }), actions: [], answer: 'accepted' };
    }
    case 'execute': {
      const started: JobPhase = { name: 'started', activity: '', percent: null };
      return {
        jobs: withJob(jobs, { ...head, phase: started }),
        actions: [{ do: 'start', order }],
        answer: 'accepted',
      };
    }
  }
}

/** Whether a job waits for an answer at the device. */
export const isAsking = ({ phase }: AgentJob): boolean =>
  phase.name === 'waiting' && phase.hold === 'approval' && !phase.approved;

function decide(
  jobs: AgentJobs,
  { jobId, decision, record }: Extract<JobInput, { kind: 'decide' }>,
  now: number,
): JobPlan {
  const job = jobs.get(jobId);
  if (job?.phase.name !== 'waiting' || !isAsking(job)) return { jobs, actions: [], answer: 'not-asking' };
  if (decision === 'declined') return advanceQueues(withJob(jobs, failed({ ...job, record }, 'declined', '', now)));
  const approved: AgentJob = { ...job, record, phase: { ...job.phase, approved: true } };
  const poll: JobAction = { do: 'poll', deviceId: job.order.deviceId };
  return { jobs: withJob(jobs, approved), actions: [poll], answer: 'accepted' };
}

function refused(jobs: AgentJobs, { jobId, outcome }: Extract<JobInput, { kind: 'refused' }>, now: number): JobPlan {
  const job = jobs.get(jobId);
  if (job?.phase.name !== 'waiting') return { jobs, actions: [], answer: 'accepted' };
  return advanceQueues(withJob(jobs, over(job, finalReport(outcome), now)));
}

function progress(jobs: AgentJobs, { jobId, activity, percent }: Extract<JobInput, { kind: 'progress' }>): JobPlan {
  const job = jobs.get(jobId);
  if (job?.phase.name !== 'started') return { jobs, actions: [], answer: 'accepted' };
  const { phase } = job;
  if (phase.activity === activity && phase.percent === percent) return { jobs, actions: [], answer: 'accepted' };
  const next: AgentJob = { ...job, phase: { ...phase, activity, percent } };
  return { jobs: withJob(jobs, next), actions: [], answer: 'accepted' };
}

function received(jobs: AgentJobs, { jobId, wait }: Extract<JobInput, { kind: 'received' }>): JobPlan {
  const job = jobs.get(jobId);
  if (job?.phase.name !== 'started') return { jobs, actions: [], answer: 'accepted' };
  return { jobs: withJob(jobs, { ...job, phase: { ...job.phase, wait } }), actions: [], answer: 'accepted' };
}

function ended(jobs: AgentJobs, { jobId, outcome }: Extract<JobInput, { kind: 'ended' }>, now: number): JobPlan {
  const job = jobs.get(jobId);
  if (job?.phase.name !== 'started') return { jobs, actions: [], answer: 'accepted' };
  return advanceQueues(withJob(jobs, over(job, finalReport(outcome), now)));
}

function resume(jobs: AgentJobs, { refusals }: Extract<JobInput, { kind: 'resumed' }>, now: number): JobPlan {
  const plan = advanceQueues(mapJobs(jobs, (job) => passTime(recovered(job, refusals, now), now)));
  const waits = [...plan.jobs.values()].flatMap(({ order, phase }): JobAction[] =>
    phase.name === 'started' ? [{ do: 'start', order, wait: phase.wait }] : [],
  );
  return { ...plan, actions: [...waits, ...plan.actions] };
}

/**
 * A job that was started before the agent stopped is never started again: the device may have executed it. If the device
 * has received firmware, the job waits for the new version.
 */
function recovered(job: AgentJob, refusals: ReadonlyMap<string, JobFailure>, now: number): AgentJob {
  const refusal = refusals.get(job.order.jobId);
  if (job.phase.name === 'started') return job.phase.wait && !refusal ? job : failed(job, 'interrupted', '', now);
  return job.phase.name === 'waiting' && refusal ? failed(job, refusal, '', now) : job;
}

/** Why a job waited until it expired. */
const HELD_BY: Readonly<Record<HoldReason, string>> = {
  processing: 'The device was busy.',
  stopped: 'The device had stopped.',
  unreachable: 'The device did not answer.',
  refused: 'The device refused the requests of its agent.',
  'session-open': 'A remote session was open.',
  'jobs-queued': 'The device had print jobs in its queue.',
  'not-accepting': 'The device did not accept print jobs.',
  'no-media': 'The device had no paper.',
  'no-supply': 'A supply was used up, or a waste container was full.',
  approval: 'The request was not answered at the device.',
  hours: 'The owner of the device allows this operation at other hours.',
  queued: 'Another job was running.',
  other: 'The agent waited for something else.',
};

function passTime(job: AgentJob, now: number): AgentJob | undefined {
  const { phase } = job;
  const at = deadlineOf(phase);
  if (at === undefined || now < at) return job;
  if (phase.name !== 'waiting') return undefined;
  return failed(job, 'expired', phase.detail || HELD_BY[phase.hold ?? 'unreachable'], now);
}

function deadlineOf(phase: JobPhase): number | undefined {
  switch (phase.name) {
    case 'waiting':
      return phase.expiresAt;
    case 'started': // each operation has its own time limits
      return undefined;
    case 'over':
      return phase.forgetAt;
  }
}

const failed = (job: AgentJob, failure: JobFailure, detail: string, now: number): AgentJob =>
  over(job, finalReport({ failure, detail, result: [] }), now);

/** Drops the address and token of the firmware. */
function over({ order: { firmware: _firmware, ...order }, record }: AgentJob, final: JobReport, now: number): AgentJob {
  const report = { ...final, record: record ?? null };
  return { order, phase: { name: 'over', report, forgetAt: now + LIMITS.JOBS_KEPT_MS } };
}

/** Polls a device as soon as a job is the first of its queue. */
function advanceQueues(jobs: AgentJobs): JobPlan {
  const busy = new Set<string>();
  const actions: JobAction[] = [];
  const advanced = mapJobs(jobs, (job) => {
    const { order, phase } = job;
    if (phase.name === 'over') return job;
    const first = !busy.has(order.deviceId);
    busy.add(order.deviceId);
    if (phase.name !== 'waiting' || !first || phase.hold !== 'queued') return job;
    actions.push({ do: 'poll', deviceId: order.deviceId });
    return { ...job, phase: { ...phase, hold: null } };
  });
  return { jobs: advanced, actions, answer: 'accepted' };
}

const withJob = (jobs: AgentJobs, job: AgentJob): AgentJobs => new Map(jobs).set(job.order.jobId, job);

/** Maps every job; undefined removes it. */
function mapJobs(jobs: AgentJobs, next: (job: AgentJob) => AgentJob | undefined): AgentJobs {
  const changed = [...jobs].map(([jobId, job]) => [jobId, next(job)] as const);
  return new Map(changed.filter((entry): entry is readonly [string, AgentJob] => entry[1] !== undefined));
}
