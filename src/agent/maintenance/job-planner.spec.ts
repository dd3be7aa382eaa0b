import { DEVICE_INFORMATION } from '../../../test/support/device/scripted-device';
import type { JobOrder, JobReport } from '../../protocol/ad-hoc-command';
import { LIMITS } from '../../protocol/limits';
import { reportOf, type AgentJob, type AgentJobs, type JobInput, type JobPhase } from './job';
import { UNREPORTED, type Readiness } from '../device/readiness';
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
  settings: [],
  record: null,
  status: 'completed',
};
const forgetAt = NOW + LIMITS.JOBS_KEPT_MS;
const PHASES = {
  polled: { ...waiting, hold: null },
  held: { ...waiting, hold: 'processing' },
  queued: { ...waiting, hold: 'queued' },
  started: { name: 'started', activity: '', percent: null },
  sent: { name: 'started', activity: '', percent: null, wait: { before: '1', until: NOW + 60_000 } },
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

const idle: Extract<JobInput, { kind: 'information' }> = {
  kind: 'information',
  deviceId: 'mfp-1',
  information: DEVICE_INFORMATION,
  readiness: UNREPORTED,
  openSessions: 0,
  owner: { rule: { do: 'allow', hours: [], perHour: 10 }, recent: 0, now: { at: NOW, day: 1, minute: 600 } },
};
const outcome = { failure: null, detail: '', result: [{ name: 'a', value: 'b' }] };
const INPUTS = {
  execute: { kind: 'execute', order: order(), refusal: null },
  refused: { kind: 'execute', order: order(), refusal: 'unsupported' },
  cancel: { kind: 'cancel', jobId },
  idle,
  printing: { ...idle, information: { ...DEVICE_INFORMATION, state: 'processing' } },
  gone: { ...idle, information: { ...DEVICE_INFORMATION, reached: false } },
  elsewhere: { ...idle, deviceId: 'mfp-2' },
  loginRefused: { kind: 'refused', jobId, outcome: { failure: 'login-refused', detail: 'no', result: [] } },
  progress: { kind: 'progress', jobId, activity: 'sending', percent: 40 },
  received: { kind: 'received', jobId, wait: { before: '1', until: NOW + 60_000 } },
  ended: { kind: 'ended', jobId, outcome },
  clock: { kind: 'clock' },
  resumed: { kind: 'resumed', refusals: new Map() },
  reconfigured: { kind: 'resumed', refusals: new Map([[jobId, 'unknown-device']]) },
} as const satisfies Record<string, JobInput>;

/** The report of a job in one or two words. */
function summary(job: AgentJob | undefined): string {
  if (!job) return 'none';
  const { status, hold, failure, percent } = reportOf(job);
  if (job.phase.name === 'waiting') return job.phase.hold === null ? 'polled' : String(hold);
  if (job.phase.name !== 'started') return failure ?? status;
  return `${job.phase.wait ? 'sent' : 'started'} ${percent ?? ''}`.trim();
}

function outcomeOf(jobs: AgentJobs, input: JobInput, now = NOW) {
  const { jobs: after, actions, answer } = planJobs(jobs, input, now);
  return [[...after.values()].map(summary).join(', '), actions.map((action) => action.do).join(), answer];
}

type Row = [before: Before, input: keyof typeof INPUTS, after: string, actions: string, answer: string];
const ROWS: Row[] = [
  ['none', 'execute', 'polled', 'poll', 'accepted'],
  ['none', 'refused', 'unsupported', '', 'accepted'],
  ['none', 'cancel', '', '', 'unknown-job'],
  ['none', 'idle', '', '', 'accepted'],
  ['none', 'printing', '', '', 'accepted'],
  ['none', 'gone', '', '', 'accepted'],
  ['none', 'elsewhere', '', '', 'accepted'],
  ['none', 'progress', '', '', 'accepted'],
  ['none', 'received', '', '', 'accepted'],
  ['none', 'ended', '', '', 'accepted'],
  ['none', 'clock', '', '', 'accepted'],
  ['none', 'resumed', '', '', 'accepted'],
  ['none', 'reconfigured', '', '', 'accepted'],

  ['polled', 'execute', 'polled', '', 'accepted'],
  ['polled', 'refused', 'polled', '', 'accepted'],
  ['polled', 'cancel', 'canceled', '', 'accepted'],
  ['polled', 'idle', 'started', 'start', 'accepted'],
  ['polled', 'printing', 'processing', '', 'accepted'],
  ['polled', 'gone', 'unreachable', '', 'accepted'],
  ['polled', 'elsewhere', 'polled', '', 'accepted'],
  ['polled', 'loginRefused', 'login-refused', '', 'accepted'],
  ['held', 'loginRefused', 'login-refused', '', 'accepted'],
  ['started', 'loginRefused', 'started', '', 'accepted'],
  ['over', 'loginRefused', 'completed', '', 'accepted'],
  ['polled', 'progress', 'polled', '', 'accepted'],
  ['polled', 'received', 'polled', '', 'accepted'],
  ['polled', 'ended', 'polled', '', 'accepted'],
  ['polled', 'clock', 'polled', '', 'accepted'],
  ['polled', 'reconfigured', 'unknown-device', '', 'accepted'],

  ['held', 'execute', 'processing', '', 'accepted'],
  ['held', 'cancel', 'canceled', '', 'accepted'],
  ['held', 'idle', 'started', 'start', 'accepted'],
  ['held', 'printing', 'processing', '', 'accepted'],
  ['held', 'gone', 'unreachable', '', 'accepted'],
  ['held', 'elsewhere', 'processing', '', 'accepted'],
  ['held', 'progress', 'processing', '', 'accepted'],
  ['held', 'ended', 'processing', '', 'accepted'],
  ['held', 'clock', 'processing', '', 'accepted'],
  ['held', 'resumed', 'processing', '', 'accepted'],
  ['held', 'reconfigured', 'unknown-device', '', 'accepted'],

  // a waiting job is read from the state folder in this state
  ['queued', 'resumed', 'polled', 'poll', 'accepted'],
  ['queued', 'reconfigured', 'unknown-device', '', 'accepted'],

  ['started', 'execute', 'started', '', 'accepted'],
  ['started', 'refused', 'started', '', 'accepted'],
  ['started', 'cancel', 'started', '', 'started'],
  ['started', 'idle', 'started', '', 'accepted'],
  ['started', 'printing', 'started', '', 'accepted'],
  ['started', 'gone', 'started', '', 'accepted'],
  ['started', 'progress', 'started 40', '', 'accepted'],
  ['started', 'received', 'sent', '', 'accepted'],
  ['started', 'ended', 'completed', '', 'accepted'],
  ['started', 'clock', 'started', '', 'accepted'],
  ['started', 'resumed', 'interrupted', '', 'accepted'],
  ['started', 'reconfigured', 'interrupted', '', 'accepted'],

  ['sent', 'execute', 'sent', '', 'accepted'],
  ['sent', 'cancel', 'sent', '', 'started'],
  ['sent', 'idle', 'sent', '', 'accepted'],
  ['sent', 'progress', 'sent 40', '', 'accepted'],
  ['sent', 'ended', 'completed', '', 'accepted'],
  ['sent', 'clock', 'sent', '', 'accepted'],
  ['sent', 'resumed', 'sent', 'start', 'accepted'],
  ['sent', 'reconfigured', 'interrupted', '', 'accepted'],

  ['over', 'execute', 'completed', '', 'accepted'],
  ['over', 'refused', 'completed', '', 'accepted'],
  ['over', 'cancel', 'completed', '', 'started'],
  ['over', 'idle', 'completed', '', 'accepted'],
  ['over', 'progress', 'completed', '', 'accepted'],
  ['over', 'received', 'completed', '', 'accepted'],
  ['over', 'ended', 'completed', '', 'accepted'],
  ['over', 'clock', 'completed', '', 'accepted'],
  ['over', 'resumed', 'completed', '', 'accepted'],
  ['over', 'reconfigured', 'completed', '', 'accepted'],
  ['cancelled', 'cancel', 'canceled', '', 'accepted'],
  ['cancelled', 'execute', 'canceled', '', 'accepted'],
];

const LATE: [before: Before, after: string][] = [
  ['polled', 'expired'],
  ['held', 'expired'],
  ['started', 'started'],
  ['sent', 'sent'],
  ['over', ''],
  ['cancelled', ''],
];

const LINES: [jobs: [Before, Before], input: keyof typeof INPUTS, after: string, actions: string][] = [
  [['polled', 'none'], 'execute', 'polled', ''],
  [['held', 'queued'], 'cancel', 'canceled, polled', 'poll'],
  [['held', 'queued'], 'idle', 'started, queued', 'start'],
  [['held', 'queued'], 'printing', 'processing, queued', ''],
  [['held', 'queued'], 'loginRefused', 'login-refused, polled', 'poll'],
  [['started', 'queued'], 'idle', 'started, queued', ''],
  [['started', 'queued'], 'ended', 'completed, polled', 'poll'],
  [['started', 'queued'], 'resumed', 'interrupted, polled', 'poll'],
  [['sent', 'queued'], 'resumed', 'sent, queued', 'start'],
  [['queued', 'queued'], 'resumed', 'polled, queued', 'poll'],
  [['queued', 'queued'], 'reconfigured', 'unknown-device, polled', 'poll'],
  [['over', 'held'], 'idle', 'completed, started', 'start'],
];

describe('planJobs', () => {
  it.each(ROWS)('%s + %s -> %s', (before, input, after, actions, answer) => {
    expect(outcomeOf(jobsWith(before), INPUTS[input])).toEqual([after, actions, answer]);
  });
  it.each(LATE)('%s, at its deadline -> %s', (before, after) => {
    expect(outcomeOf(jobsWith(before), { kind: 'clock' }, forgetAt)[0]).toBe(after);
  });
  it.each(LINES)('the queue %j + %s -> %s', (before, input, after, actions) => {
    expect(outcomeOf(jobsWith(...before), INPUTS[input]).slice(0, 2)).toEqual([after, actions]);
  });

  it.each<[Before, JobInput]>([
    ['held', INPUTS.printing],
    ['started', INPUTS.progress],
  ])('changes nothing when a %s job receives the same input again', (before, input) => {
    const { jobs } = planJobs(jobsWith(before), input, NOW);
    expect(planJobs(jobs, input, NOW).jobs).toBe(jobs);
  });

  it('has a separate queue for each device', () => {
    const other: JobInput = {
      kind: 'execute',
      order: order({ jobId: otherId, deviceId: 'mfp-2' }),
      refusal: null,
    };
    expect(outcomeOf(jobsWith('started'), other)).toEqual(['started, polled', 'poll', 'accepted']);
  });

  it.each<[string, JobInput, string]>([
    ['cancelled', INPUTS.cancel, 'polled'],
    ['expired', INPUTS.clock, 'polled'],
    ['done', INPUTS.ended, 'started'],
    ['interrupted', INPUTS.resumed, 'started'],
  ])('drops the address and token of the firmware when the job is %s', (_how, input, before) => {
    const { jobs } = planJobs(jobsWith(before as Before), input, NOW + 60_000);
    expect(JSON.stringify([...jobs])).not.toMatch(/firmware"|token|https/);
  });

  it('reports why an expired job waited', () => {
    const { jobs } = planJobs(jobsWith('polled'), INPUTS.gone, NOW);
    const late = planJobs(jobs, { kind: 'clock' }, NOW + 60_000).jobs.get(jobId)!;
    expect(reportOf(late)).toMatchObject({ failure: 'expired', detail: 'The device did not answer.' });
  });

  it('fails a job that the device can never execute, and polls for the next one', () => {
    const page = (id: string): [string, AgentJob] => [
      id,
      { order: order({ jobId: id, operation: 'test-page' }), phase: id === jobId ? PHASES.held : PHASES.queued },
    ];
    const readiness: Readiness = { ...UNREPORTED, impossible: ['test-page'] };
    const { jobs, actions } = planJobs(new Map([page(jobId), page(otherId)]), { ...idle, readiness }, NOW);
    expect([jobId, otherId].map((id) => summary(jobs.get(id)))).toEqual(['unsupported', 'polled']);
    expect(actions).toEqual([{ do: 'poll', deviceId: 'mfp-1' }]);
  });

  it('counts the time to expiry from the receipt of the job', () => {
    const { jobs } = planJobs(new Map(), INPUTS.execute, NOW);
    expect(nextJobDeadline(jobs)).toBe(NOW + 60_000);
    expect(nextJobDeadline(new Map())).toBeUndefined();
    expect(nextJobDeadline(jobsWith('started', 'over'))).toBe(forgetAt);
  });

  const many = (count: number, phase: JobPhase, device: (i: number) => string): AgentJobs =>
    new Map(
      Array.from({ length: count }, (_, i) => [
        `job-${i}`,
        { order: order({ jobId: `job-${i}`, deviceId: device(i) }), phase },
      ]),
    );
  it('refuses a job if its device has too many open jobs', () => {
    const full = many(LIMITS.JOBS_PER_DEVICE, PHASES.queued, () => 'mfp-1');
    expect(planJobs(full, INPUTS.execute, NOW)).toEqual({ jobs: full, actions: [], answer: 'too-many' });
    const past = many(LIMITS.JOBS_PER_DEVICE, PHASES.over, () => 'mfp-1');
    expect(planJobs(past, INPUTS.execute, NOW).answer).toBe('accepted');
  });
  it('removes the oldest finished job to make room, and refuses a job if there is none', () => {
    const device = (i: number) => `mfp-${i}`;
    const past = many(LIMITS.JOBS_PER_AGENT, PHASES.over, device);
    const { jobs, answer } = planJobs(past, INPUTS.execute, NOW);
    expect([answer, jobs.size, jobs.has('job-0'), jobs.has(jobId)]).toEqual(['accepted', past.size, false, true]);
    const open = many(LIMITS.JOBS_PER_AGENT, PHASES.held, device);
    expect(planJobs(open, INPUTS.execute, NOW).answer).toBe('too-many');
  });
});
