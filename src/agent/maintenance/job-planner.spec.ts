import { DEVICE_INFORMATION } from '../../../test/support/device/scripted-device';
import type { JobOrder, JobReport } from '../../protocol/ad-hoc-command';
import { LIMITS } from '../../protocol/limits';
import { reportOf, type AgentJob, type AgentJobs, type JobInput, type JobPhase } from './job';
import { nextJobDeadline, planJobs } from './job-planner';

const NOW = 5_000_000;
const jobId = '00000000-0000-4000-8000-000000000001';
const otherId = '00000000-0000-4000-8000-000000000002';
const firmware = {
  url: 'https://platen.example/f',
  token: 't'.repeat(43),
  bytes: 10,
  sha256: '0'.repeat(64),
  version: '2',
};
const order = (change: Partial<JobOrder> = {}): JobOrder => ({
  jobId,
  deviceId: 'mfp-1',
  operation: 'firmware-install',
  expiresInSeconds: 60,
  firmware,
  ...change,
});

const waiting = { name: 'waiting', detail: '', expiresAt: NOW + 60_000 } as const;
const done: JobReport = {
  hold: null,
  percent: null,
  activity: '',
  failure: null,
  detail: '',
  result: [],
  status: 'completed',
};
const forgetAt = NOW + LIMITS.JOBS_KEPT_MS;
const PHASES = {
  looking: { ...waiting, hold: null },
  held: { ...waiting, hold: 'processing' },
  queued: { ...waiting, hold: 'queued' },
  begun: { name: 'begun', activity: '', percent: null },
  over: { name: 'over', report: done, forgetAt },
  cancelled: { name: 'over', report: { ...done, status: 'canceled' }, forgetAt },
} satisfies Record<string, JobPhase>;
type Before = keyof typeof PHASES | 'none';

const jobsWith = (...phases: Before[]): AgentJobs =>
  new Map(
    phases.flatMap((name, i): [string, AgentJob][] => {
      const id = [jobId, otherId][i]!;
      return name === 'none' ? [] : [[id, { order: order({ jobId: id }), phase: PHASES[name] }]];
    }),
  );

const idle: JobInput = { kind: 'seen', deviceId: 'mfp-1', information: DEVICE_INFORMATION };
const outcome = { failure: null, detail: '', result: [{ name: 'a', value: 'b' }] };
const INPUTS = {
  execute: { kind: 'execute', order: order(), refusal: null },
  refused: { kind: 'execute', order: order(), refusal: 'unsupported' },
  cancel: { kind: 'cancel', jobId },
  idle,
  printing: { ...idle, information: { ...DEVICE_INFORMATION, state: 'processing' } },
  gone: { ...idle, information: { ...DEVICE_INFORMATION, reached: false } },
  elsewhere: { ...idle, deviceId: 'mfp-2' },
  progress: { kind: 'progress', jobId, activity: 'sending', percent: 40 },
  ended: { kind: 'ended', jobId, outcome },
  clock: { kind: 'clock' },
  started: { kind: 'started', refusals: new Map() },
  reconfigured: { kind: 'started', refusals: new Map([[jobId, 'unknown-device']]) },
} as const satisfies Record<string, JobInput>;

/** In a word or two: what is told of the job. */
function told(job: AgentJob | undefined): string {
  if (!job) return 'none';
  const { status, hold, failure, percent } = reportOf(job);
  if (job.phase.name === 'waiting') return job.phase.hold === null ? 'looking' : String(hold);
  return job.phase.name === 'begun' ? `begun ${percent ?? ''}`.trim() : (failure ?? status);
}

function outcomeOf(jobs: AgentJobs, input: JobInput, now = NOW) {
  const { jobs: after, actions, answer } = planJobs(jobs, input, now);
  return [[...after.values()].map(told).join(', '), actions.map((action) => action.do).join(), answer];
}

type Row = [before: Before, input: keyof typeof INPUTS, after: string, actions: string, answer: string];
const ROWS: Row[] = [
  ['none', 'execute', 'looking', 'look', 'taken'],
  ['none', 'refused', 'unsupported', '', 'taken'],
  ['none', 'cancel', '', '', 'unknown-job'],
  ['none', 'idle', '', '', 'taken'],
  ['none', 'printing', '', '', 'taken'],
  ['none', 'gone', '', '', 'taken'],
  ['none', 'elsewhere', '', '', 'taken'],
  ['none', 'progress', '', '', 'taken'],
  ['none', 'ended', '', '', 'taken'],
  ['none', 'clock', '', '', 'taken'],
  ['none', 'started', '', '', 'taken'],
  ['none', 'reconfigured', '', '', 'taken'],

  ['looking', 'execute', 'looking', '', 'taken'],
  ['looking', 'refused', 'looking', '', 'taken'],
  ['looking', 'cancel', 'canceled', '', 'taken'],
  ['looking', 'idle', 'begun', 'begin', 'taken'],
  ['looking', 'printing', 'processing', '', 'taken'],
  ['looking', 'gone', 'unreachable', '', 'taken'],
  ['looking', 'elsewhere', 'looking', '', 'taken'],
  ['looking', 'progress', 'looking', '', 'taken'],
  ['looking', 'ended', 'looking', '', 'taken'],
  ['looking', 'clock', 'looking', '', 'taken'],
  ['looking', 'reconfigured', 'unknown-device', '', 'taken'],

  ['held', 'execute', 'processing', '', 'taken'],
  ['held', 'cancel', 'canceled', '', 'taken'],
  ['held', 'idle', 'begun', 'begin', 'taken'],
  ['held', 'printing', 'processing', '', 'taken'],
  ['held', 'gone', 'unreachable', '', 'taken'],
  ['held', 'elsewhere', 'processing', '', 'taken'],
  ['held', 'progress', 'processing', '', 'taken'],
  ['held', 'ended', 'processing', '', 'taken'],
  ['held', 'clock', 'processing', '', 'taken'],
  ['held', 'started', 'processing', '', 'taken'],
  ['held', 'reconfigured', 'unknown-device', '', 'taken'],

  // as every job that waits is read from the state folder
  ['queued', 'started', 'looking', 'look', 'taken'],
  ['queued', 'reconfigured', 'unknown-device', '', 'taken'],

  ['begun', 'execute', 'begun', '', 'taken'],
  ['begun', 'refused', 'begun', '', 'taken'],
  ['begun', 'cancel', 'begun', '', 'begun'],
  ['begun', 'idle', 'begun', '', 'taken'],
  ['begun', 'printing', 'begun', '', 'taken'],
  ['begun', 'gone', 'begun', '', 'taken'],
  ['begun', 'progress', 'begun 40', '', 'taken'],
  ['begun', 'ended', 'completed', '', 'taken'],
  ['begun', 'clock', 'begun', '', 'taken'],
  ['begun', 'started', 'interrupted', '', 'taken'],
  ['begun', 'reconfigured', 'interrupted', '', 'taken'],

  ['over', 'execute', 'completed', '', 'taken'],
  ['over', 'refused', 'completed', '', 'taken'],
  ['over', 'cancel', 'completed', '', 'begun'],
  ['over', 'idle', 'completed', '', 'taken'],
  ['over', 'progress', 'completed', '', 'taken'],
  ['over', 'ended', 'completed', '', 'taken'],
  ['over', 'clock', 'completed', '', 'taken'],
  ['over', 'started', 'completed', '', 'taken'],
  ['over', 'reconfigured', 'completed', '', 'taken'],
  ['cancelled', 'cancel', 'canceled', '', 'taken'],
  ['cancelled', 'execute', 'canceled', '', 'taken'],
];

const LATE: [before: Before, after: string][] = [
  ['looking', 'expired'],
  ['held', 'expired'],
  ['begun', 'begun'],
  ['over', ''],
  ['cancelled', ''],
];

const LINES: [jobs: [Before, Before], input: keyof typeof INPUTS, after: string, actions: string][] = [
  [['looking', 'none'], 'execute', 'looking', ''],
  [['held', 'queued'], 'cancel', 'canceled, looking', 'look'],
  [['held', 'queued'], 'idle', 'begun, queued', 'begin'],
  [['held', 'queued'], 'printing', 'processing, queued', ''],
  [['begun', 'queued'], 'idle', 'begun, queued', ''],
  [['begun', 'queued'], 'ended', 'completed, looking', 'look'],
  [['begun', 'queued'], 'started', 'interrupted, looking', 'look'],
  [['queued', 'queued'], 'started', 'looking, queued', 'look'],
  [['queued', 'queued'], 'reconfigured', 'unknown-device, looking', 'look'],
  [['over', 'held'], 'idle', 'completed, begun', 'begin'],
];

describe('what becomes of a job', () => {
  it.each(ROWS)('%s + %s -> %s', (before, input, after, actions, answer) => {
    expect(outcomeOf(jobsWith(before), INPUTS[input])).toEqual([after, actions, answer]);
  });
  it.each(LATE)('%s, when its time is over -> %s', (before, after) => {
    expect(outcomeOf(jobsWith(before), { kind: 'clock' }, forgetAt)[0]).toBe(after);
  });
  it.each(LINES)('the line %j + %s -> %s', (before, input, after, actions) => {
    expect(outcomeOf(jobsWith(...before), INPUTS[input]).slice(0, 2)).toEqual([after, actions]);
  });

  it.each<[Before, JobInput]>([
    ['held', INPUTS.printing],
    ['begun', INPUTS.progress],
  ])('nothing, when a %s one hears the same again', (before, input) => {
    const { jobs } = planJobs(jobsWith(before), input, NOW);
    expect(planJobs(jobs, input, NOW).jobs).toBe(jobs);
  });

  it('jobs of two devices do not wait for each other', () => {
    const other: JobInput = {
      kind: 'execute',
      order: order({ jobId: otherId, deviceId: 'mfp-2' }),
      refusal: null,
    };
    expect(outcomeOf(jobsWith('begun'), other)).toEqual(['begun, looking', 'look', 'taken']);
  });

  it.each<[string, JobInput, string]>([
    ['cancelled', INPUTS.cancel, 'looking'],
    ['expired', INPUTS.clock, 'looking'],
    ['done', INPUTS.ended, 'begun'],
    ['interrupted', INPUTS.started, 'begun'],
  ])('forgets where the firmware is when the job is %s', (_how, input, before) => {
    const { jobs } = planJobs(jobsWith(before as Before), input, NOW + 60_000);
    expect(JSON.stringify([...jobs])).not.toMatch(/firmware"|token|https/);
  });

  it('says until when it waited, and for what', () => {
    const held = { kind: 'seen', deviceId: 'mfp-1', information: { ...DEVICE_INFORMATION, reached: false } } as const;
    const { jobs } = planJobs(jobsWith('looking'), held, NOW);
    const late = planJobs(jobs, { kind: 'clock' }, NOW + 60_000).jobs.get(jobId)!;
    expect(reportOf(late)).toMatchObject({ failure: 'expired', detail: 'The device did not answer.' });
  });

  it('counts the time it may wait from its receipt', () => {
    const { jobs } = planJobs(new Map(), INPUTS.execute, NOW);
    expect(nextJobDeadline(jobs)).toBe(NOW + 60_000);
    expect(nextJobDeadline(new Map())).toBeUndefined();
    expect(nextJobDeadline(jobsWith('begun', 'over'))).toBe(forgetAt);
  });

  const many = (count: number, phase: JobPhase, device: (i: number) => string): AgentJobs =>
    new Map(
      Array.from({ length: count }, (_, i) => [
        `job-${i}`,
        { order: order({ jobId: `job-${i}`, deviceId: device(i) }), phase },
      ]),
    );
  it('takes no more open jobs of a device than it may have', () => {
    const full = many(LIMITS.JOBS_PER_DEVICE, PHASES.queued, () => 'mfp-1');
    expect(planJobs(full, INPUTS.execute, NOW)).toEqual({ jobs: full, actions: [], answer: 'too-many' });
    const past = many(LIMITS.JOBS_PER_DEVICE, PHASES.over, () => 'mfp-1');
    expect(planJobs(past, INPUTS.execute, NOW).answer).toBe('taken');
  });
  it('makes room by the oldest that is over, and refuses where there is none', () => {
    const device = (i: number) => `mfp-${i}`;
    const past = many(LIMITS.JOBS_PER_AGENT, PHASES.over, device);
    const { jobs, answer } = planJobs(past, INPUTS.execute, NOW);
    expect([answer, jobs.size, jobs.has('job-0'), jobs.has(jobId)]).toEqual(['taken', past.size, false, true]);
    const open = many(LIMITS.JOBS_PER_AGENT, PHASES.held, device);
    expect(planJobs(open, INPUTS.execute, NOW).answer).toBe('too-many');
  });
});
