import { jobApprovalRecord } from '../../protocol/job-approval';
import { hasSignedText, signingKeyOf } from '../../tunnel/signing-key';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MaintenanceStage } from '../../../test/support/agent/maintenance-stage';
import { DEVICE_INFORMATION } from '../../../test/support/device/scripted-device';
import { removeFolder } from '../../../test/support/remove-folder';
import { until } from '../../../test/support/until';
import { DeviceUnreachable } from '../device/device-access';
import { LIMITS } from '../../protocol/limits';
import type { JobFailure, Operation } from '../../protocol/maintenance';
import { JobStore } from './job-store';
import { ownerRules } from './owner-rules';

let on: MaintenanceStage;
let jobId: string;
let otherId: string;

beforeAll(async () => {
  on = await MaintenanceStage.open();
});
afterAll(() => on.close());
beforeEach(async () => {
  [jobId, otherId] = [randomUUID(), randomUUID()];
  await on.setUp();
});
afterEach(() => on.tearDown());

const STOPPED = {
  ...DEVICE_INFORMATION,
  state: 'stopped' as const,
  alerts: [{ severity: 'error' as const, code: 'media-jam', text: 'Paper jam' }],
};
/** The device executes an operation until the test calls `end`. */
function busyWith(operation: Operation): { end: () => void } {
  let end = () => undefined as void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  on.device.acts[operation] = () => ended;
  return { end };
}
/** Starts an agent whose owner has decided. */
async function ownedBy(field: Parameters<typeof ownerRules>[0]): Promise<void> {
  on.rules = ownerRules(field);
  await on.restart({});
}
const stored = () => readFile(join(on.folder, 'maintenance-jobs.json'), 'utf8');

/** Who answers. */
const BY = { where: 'approver', name: 'Aiko', proof: 'pin' } as const;

describe("the owner's decision", () => {
  const held = () => until('it is on hold', async () => (await on.next('restart', jobId)).hold === 'approval');

  it('is asked for at the device before anything but reading starts, and YES starts it', async () => {
    await ownedBy(undefined);
    expect(await on.outcome('counters')).toMatchObject({ failure: null });
    expect(await on.execute('restart', { jobId })).toMatchObject({ status: 'executing', hold: 'approval' });
    expect(on.device.did).not.toContain('restart');
    on.maintenance.decide(jobId, 'approved', BY);
    await until('it is over', async () => (await on.next('restart', jobId)).status === 'completed');
    expect(on.device.did.filter((each) => each === 'restart')).toHaveLength(1);
    expect(() => on.maintenance.decide(jobId, 'approved', BY)).toThrow('does not wait for an answer');
  });

  it('may be NO', async () => {
    await ownedBy(undefined);
    await on.execute('restart', { jobId });
    on.maintenance.decide(jobId, 'declined', BY);
    expect(await on.next('restart', jobId)).toMatchObject({ status: 'completed', failure: 'declined' });
    expect(on.device.did).not.toContain('restart');
  });

  it.each([
    ['approved', null],
    ['declined', 'declined'],
  ] as const)('%s is signed, and the record is in every further report', async (decision, failure) => {
    await ownedBy(undefined);
    await on.restart({});
    expect(await on.execute('restart', { jobId })).toMatchObject({ hold: 'approval', record: null });
    on.maintenance.decide(jobId, decision, BY);
    let report = await on.next('restart', jobId);
    await until('it is over', async () => (report = await on.next('restart', jobId)).status === 'completed');
    expect(report).toMatchObject({ failure });
    const { text = '', signature = '' } = report.record ?? {};
    const key = signingKeyOf(on.signer.key);
    expect(hasSignedText(key, `platen job approval record\n${text}`, signature)).toBe(true);
    expect(jobApprovalRecord.parse(JSON.parse(text))).toMatchObject({
      ...{ agentId: 'agent-1', jobId, deviceId: 'mfp-1', operation: 'restart', requestedBy: null, firmware: null },
      ...{ decision, answeredBy: BY },
    });
    await on.restart({});
    expect(await on.next('restart', jobId)).toEqual(report);
  });

  it('is asked for again after a restart of the agent', async () => {
    await ownedBy(undefined);
    await on.execute('restart', { jobId });
    await on.restart({});
    await held();
    expect(on.device.did).not.toContain('restart');
  });

  it('that is never given ends the job when it expires', async () => {
    await ownedBy(undefined);
    const report = await on.outcome('restart', { jobId, expiresInSeconds: 1 });
    expect(report).toMatchObject({ failure: 'expired', detail: 'The request was not answered at the device.' });
  });

  it('is not asked for twice at once, and an unknown job cannot be answered', async () => {
    await ownedBy(undefined);
    await on.execute('restart', { jobId });
    await on.execute('test-page', { jobId: otherId });
    expect(() => on.maintenance.decide(otherId, 'approved', BY)).toThrow('does not wait for an answer');
    expect(() => on.maintenance.decide(randomUUID(), 'approved', BY)).toThrow('this job is over');
  });

  it('bounds how often, whatever the server orders, also after a restart of the agent', async () => {
    await ownedBy({ 'test-page': { do: 'allow', hours: [], perHour: 3 } });
    const flood = async () => {
      const reports = await Promise.all(Array.from({ length: 10 }, () => on.outcome('test-page')));
      return reports.map(({ failure }) => failure ?? 'printed').sort();
    };
    const refused = Array.from({ length: 7 }, () => 'too-often');
    expect(await flood()).toEqual(['printed', 'printed', 'printed', ...refused]);
    await on.restart({});
    expect((await flood()).filter((each) => each === 'printed')).toEqual([]);
    expect(on.device.did.filter((each) => each.startsWith('test-page'))).toHaveLength(3);
  });
});

describe('a maintenance job', () => {
  it('is carried out and reported, and both steps are logged', async () => {
    expect(await on.outcome('counters', { jobId })).toMatchObject({
      status: 'completed',
      failure: null,
      result: [
        { name: 'impressions', value: '128456' },
        { name: 'media-sheets', value: '90211' },
      ],
    });
    await on.next('counters', jobId);
    const steps = on.recorded.lines.filter((line) => line.step !== undefined);
    expect(steps.map((line) => [line.step, line.jobId])).toEqual([
      ['S123', jobId],
      ['S124', jobId],
    ]);
  });

  it('is carried out once, however often it is requested', async () => {
    await Promise.all([1, 2, 3].map(() => on.execute('test-page', { jobId })));
    await until('it is done', async () => (await on.next('test-page', jobId)).status === 'completed');
    expect(await on.execute('test-page', { jobId })).toMatchObject({ status: 'completed', failure: null });
    expect(on.device.did).toHaveLength(1);
  });

  it.each<[JobFailure, Operation, string]>([
    ['unsupported', 'restart', 'mfp-bare'],
    ['forbidden', 'restart', 'mfp-careful'],
    ['unknown-device', 'restart', 'mfp-9'],
  ])('fails at once: %s', async (failure, operation, deviceId) => {
    expect(await on.execute(operation, { jobId, deviceId })).toMatchObject({ status: 'completed', failure });
    expect(await on.next(operation, jobId)).toMatchObject({ status: 'completed', failure });
    expect(on.device.did).toEqual([]);
  });

  it('is held until the device can execute it, then starts automatically (C2-C4)', async () => {
    on.device.says = STOPPED;
    const held = { status: 'executing', hold: 'stopped', detail: 'Paper jam' };
    expect(await on.execute('test-page', { jobId })).toMatchObject(held);
    const next = on.next('test-page', jobId);
    on.device.says = DEVICE_INFORMATION;
    expect(await next).toMatchObject({ hold: null });
    await until('it is done', async () => (await on.next('test-page', jobId)).status === 'completed');
    expect(on.device.did).toHaveLength(1);
  });

  it('a restart waits for the end of a remote session without polling, then starts at once', async () => {
    on.openSessions = 2;
    expect(await on.execute('restart', { jobId })).toMatchObject({ status: 'executing', hold: 'session-open' });
    const { questions } = on.device;
    on.openSessions = 1;
    on.maintenance.sessionsChanged();
    // another device, which does not answer, is polled meanwhile
    on.bare.acts.information = () => Promise.reject(new DeviceUnreachable('gone'));
    const other = { jobId: otherId, deviceId: 'mfp-bare' };
    expect(await on.execute('information', other)).toMatchObject({ hold: 'unreachable' });
    const before = on.bare.questions;
    await until('ten more polls', () => on.bare.questions >= before + 10);
    expect([on.device.questions, on.device.did]).toEqual([questions, []]);
    on.openSessions = 0;
    for (let i = 0; i < 5; i++) on.maintenance.sessionsChanged();
    await until('it has started', () => on.device.did.length > 0);
    await until('it is done', async () => (await on.next('restart', jobId)).status === 'completed');
    expect(on.device.did).toEqual(['restart']);
  });

  it('a restart that waited for a session is held again if another one has been opened meanwhile', async () => {
    on.openSessions = 1;
    await on.execute('restart', { jobId });
    const { questions } = on.device;
    on.device.acts.information = () => void (on.openSessions = 1);
    on.openSessions = 0;
    on.maintenance.sessionsChanged();
    await until('the device was polled', () => on.device.questions > questions);
    await on.poll();
    expect(on.device.did).toEqual([]);
    on.device.acts.information = undefined;
    on.openSessions = 0;
    on.maintenance.sessionsChanged();
    await until('it has started', () => on.device.did.length > 0);
  });

  it('waits for the queue of the device before a restart, and fails at once if the device can never execute it', async () => {
    on.device.readiness = { ...on.device.readiness, queuedJobs: 1, impossible: ['identify'] };
    expect(await on.execute('restart', { jobId })).toMatchObject({ status: 'executing', hold: 'jobs-queued' });
    on.device.readiness = { ...on.device.readiness, queuedJobs: 0 };
    await until('it is done', async () => (await on.next('restart', jobId)).status === 'completed');
    const refused = { status: 'completed', failure: 'unsupported' };
    expect(await on.execute('identify', { jobId: otherId })).toMatchObject(refused);
    expect(on.device.did).toEqual(['restart']);
  });

  it('does not start based on information from before the request', async () => {
    let [questions, answerFirst] = [0, () => undefined as void];
    const first = new Promise<void>((resolve) => (answerFirst = resolve));
    on.device.acts.information = () => {
      questions += 1;
      if (questions === 1) return first;
      on.device.says = STOPPED;
    };
    const poll = on.poll();
    const executed = on.execute('test-page', { jobId });
    await until('the job has come', () => on.maintenance.jobs.has(jobId));
    answerFirst();
    await poll;
    expect(await executed).toMatchObject({ status: 'executing', hold: 'stopped' });
    expect(on.device.did).toEqual([]);
  });

  it('is held while the device does not answer', async () => {
    on.device.fault = 'silent';
    expect(await on.execute('counters', { jobId })).toMatchObject({ status: 'executing', hold: 'unreachable' });
    on.device.fault = undefined;
    await until('it is done', async () => (await on.next('counters', jobId)).status === 'completed');
  });

  it('is reported as soon as its hold has changed', async () => {
    on.device.says = STOPPED;
    await on.execute('test-page', { jobId });
    const next = on.next('test-page', jobId);
    on.device.fault = 'unreachable';
    expect(await next).toMatchObject({ hold: 'unreachable' });
  });

  it('is reported again after the hold time when nothing has changed', async () => {
    await on.restart({ reportHoldMs: 50 });
    on.device.says = STOPPED;
    const report = await on.execute('test-page', { jobId });
    expect(await on.next('test-page', jobId)).toEqual(report);
  });

  it('publishes no change while the device information stays the same', async () => {
    on.device.says = STOPPED;
    await on.execute('test-page', { jobId });
    let changes = 0;
    on.maintenance.onChange(() => (changes += 1));
    const { questions } = on.device;
    await until('the device was polled again', () => on.device.questions > questions + 1);
    expect(changes).toBe(0);
  });

  it('waits for earlier jobs of its device', async () => {
    const { end } = busyWith('identify');
    await on.execute('identify', { jobId });
    expect(await on.execute('test-page', { jobId: otherId })).toMatchObject({ status: 'executing', hold: 'queued' });
    await on.execute('restart');
    await until('the first has started', () => on.device.did.length > 0);
    expect(on.device.did).toEqual(['identify']);
    end();
    await until('all are done', () => on.device.did.length >= 3);
    expect(on.device.did).toEqual(['identify', `test-page Platen test page ${otherId}`, 'restart']);
  });

  it('can be cancelled until it has started', async () => {
    const { end } = busyWith('identify');
    await on.execute('identify', { jobId });
    await on.execute('test-page', { jobId: otherId });
    expect(await on.cancel('test-page', otherId)).toMatchObject({ status: 'canceled' });
    expect(await on.cancel('test-page', otherId)).toMatchObject({ status: 'canceled' });
    await expect(on.cancel('identify', jobId)).rejects.toMatchObject({ code: 'not-allowed' });
    end();
    await until('it is done', async () => (await on.next('identify', jobId)).status === 'completed');
    await expect(on.cancel('identify', jobId)).rejects.toMatchObject({ code: 'not-allowed' });
    expect(on.device.did).toEqual(['identify']);
  });

  it('is cancelled on disk before the control plane receives the answer', async () => {
    on.device.says = STOPPED;
    await on.execute('test-page', { jobId });
    const order: string[] = [];
    const save = jest.spyOn(JobStore.prototype, 'save').mockImplementationOnce(async () => {
      await on.next('test-page', jobId); // one round trip over the channel
      order.push('stored');
    });
    await on.cancel('test-page', jobId);
    expect(order).toEqual(['stored']);
    save.mockRestore();
  });

  it('expires if it cannot start in time', async () => {
    on.device.says = STOPPED;
    await on.execute('test-page', { jobId, expiresInSeconds: 1 });
    const over = () => on.next('test-page', jobId);
    const expired = { status: 'completed', failure: 'expired', detail: 'Paper jam' };
    await until('it has expired', async () => (await over()).status === 'completed');
    expect(await over()).toMatchObject(expired);
  });

  it('is refused when its ID or operation is unknown', async () => {
    await expect(on.next('counters', jobId)).rejects.toMatchObject({ code: 'bad-sessionid' });
    await expect(on.cancel('counters', jobId)).rejects.toMatchObject({ code: 'bad-sessionid' });
    await on.execute('counters', { jobId });
    await expect(on.next('restart', jobId)).rejects.toMatchObject({ code: 'bad-sessionid' });
  });

  it('is refused when its command is malformed', async () => {
    const command = { jobId, operation: 'counters', action: 'execute', fields: { job: jobId } } as const;
    await expect(on.server.transport.command('agent-1', command)).rejects.toMatchObject({ code: 'bad-payload' });
  });

  it('does not start if the start cannot be stored, because a restarted agent would repeat it', async () => {
    await removeFolder(on.folder);
    const failed = { status: 'completed', failure: 'internal-error', detail: 'the agent cannot store the job' };
    expect(await on.outcome('test-page', { jobId })).toMatchObject(failed);
    expect(on.device.did).toEqual([]);
    expect(on.recorded.messages()).toContain('the maintenance jobs cannot be stored');
  });

  it('is refused if its device has too many open jobs', async () => {
    on.device.says = STOPPED;
    for (let i = 0; i < LIMITS.JOBS_PER_DEVICE; i++) await on.execute('test-page');
    expect(await on.execute('test-page', { jobId })).toMatchObject({ status: 'completed', failure: 'too-many' });
    await expect(on.next('test-page', jobId)).rejects.toMatchObject({ code: 'bad-sessionid' });
  });

  it('survives the loss of the channel while a report is awaited', async () => {
    on.device.says = STOPPED;
    await on.execute('test-page', { jobId });
    const next = on.next('test-page', jobId);
    on.server.transport.disconnect('agent-1');
    await expect(next).rejects.toMatchObject({ code: 'device-offline' });
    on.device.says = DEVICE_INFORMATION;
    await until('the agent is back', () => on.server.transport.isOnline('agent-1'));
    await until('it is done', async () => (await on.next('test-page', jobId)).status === 'completed');
    expect(on.device.did).toHaveLength(1);
  });
});

describe('a restarted agent', () => {
  it('resumes held jobs in their order, with the remaining time', async () => {
    on.device.says = STOPPED;
    await on.execute('test-page', { jobId, expiresInSeconds: 30 });
    await on.execute('counters', { jobId: otherId });
    await on.stop();
    expect(JSON.parse(await stored())).toMatchObject({ jobs: [{ phase: { name: 'waiting' } }, {}] });
    await on.start();
    const { phase } = on.maintenance.jobs.get(jobId)!;
    expect(phase.name === 'waiting' && phase.expiresAt - performance.now()).toBeLessThan(30_000);
    expect(await on.next('counters', otherId)).toMatchObject({ hold: 'queued' });
    on.device.says = DEVICE_INFORMATION;
    await until('both are done', async () => (await on.next('counters', otherId)).status === 'completed');
    expect(on.device.did).toEqual([`test-page Platen test page ${jobId}`]);
  });

  it('does not start a job that expired while the agent was not running', async () => {
    on.device.says = STOPPED;
    await on.execute('test-page', { jobId, expiresInSeconds: 60 });
    await on.stop();
    on.device.says = DEVICE_INFORMATION;
    const later = process.hrtime.bigint() + 61_000_000_000n;
    jest.spyOn(process.hrtime, 'bigint').mockReturnValue(later);
    await on.start();
    jest.restoreAllMocks();
    expect(await on.next('test-page', jobId)).toMatchObject({ status: 'completed', failure: 'expired' });
    expect(on.device.did).toEqual([]);
  });

  it('keeps the remaining time of a job when the time of day was set back', async () => {
    on.device.says = STOPPED;
    await on.execute('test-page', { jobId, expiresInSeconds: 3600 });
    await on.stop();
    jest.spyOn(Date, 'now').mockReturnValue(0);
    await on.start();
    jest.restoreAllMocks();
    const { phase } = on.maintenance.jobs.get(jobId)!;
    expect(phase.name === 'waiting' && phase.expiresAt - performance.now()).toBeGreaterThan(3_000_000);
  });

  it('reports a started job as interrupted, and does not start it again', async () => {
    busyWith('test-page');
    await on.execute('test-page', { jobId });
    await until('it has started', () => on.device.did.length >= 1);
    await on.stop();
    await on.start();
    expect(await on.execute('test-page', { jobId })).toMatchObject({ status: 'completed', failure: 'interrupted' });
    expect(on.device.did).toHaveLength(1);
  });

  it('keeps the results of finished jobs', async () => {
    const report = await on.outcome('information', { jobId });
    await on.stop();
    await on.start();
    expect(await on.next('information', jobId)).toEqual(report);
  });
});
