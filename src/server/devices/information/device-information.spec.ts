import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlPlane, announcedPrinter } from '../../../../test/support/server/control-plane';
import type { ScriptedAgent, ScriptedAnswer } from '../../../../test/support/agent/scripted-agent';
import { FirmwareMaker } from '../../../../test/support/firmware-maker';
import { until } from '../../../../test/support/until';
import vectors from '../../../../test/vectors/control-channel.json';
import { acquiredInformation, device } from '../../../protocol/api';
import { announce, reportInformation } from '../../../protocol/control-channel';
import { FIRMWARE_MEDIA_TYPE } from '../../../protocol/firmware-package';
import { deviceInformation, type DeviceInformation } from '../../../protocol/device-information';
import { job, operation, type Operation } from '../../../protocol/maintenance';
import { LIMITS } from '../../../protocol/limits';
import { EmbeddedTransport } from '../../xmpp/embedded-transport';
import { DeviceInformationRepository } from './device-information.repository';
import type { Fact } from './update-decision';

const SAMPLE = deviceInformation.parse(vectors.acquireInformation.response);

describe('device information', () => {
  let plane: ControlPlane;
  const maker = new FirmwareMaker();
  const folder = mkdtempSync(join(tmpdir(), 'platen-information-'));
  beforeAll(async () => {
    const PLATEN_RELEASE_PUBLIC_KEY = maker.writePublicKey(join(folder, 'release.pub'));
    plane = await ControlPlane.start({ PLATEN_RELEASE_PUBLIC_KEY });
  });
  afterAll(async () => {
    await plane?.stop();
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    plane.agent.answers.set('acquire-information', { body: SAMPLE });
    await plane.clear();
    await plane.call('tom', 'POST', '/devices/printer/information');
  });

  const read = async (id = 'printer') =>
    acquiredInformation.parse((await plane.call('tom', 'GET', `/devices/${id}/information`)).body);
  const acquired = (id = 'printer') => until(`information of ${id}`, async () => (await read(id)).information);
  const conditionOf = async (id: string) =>
    device.parse((await plane.call('tom', 'GET', `/devices/${id}`)).body).condition;
  const report = (information: DeviceInformation, deviceId = 'printer') =>
    plane.agent.ask(reportInformation, { deviceId, information });
  const timesAsked = (agent = plane.agent) => agent.asked.filter(({ name }) => name === 'acquire-information').length;
  const agentOf = async (agentId: string, deviceIds: string[], prepare = (_agent: ScriptedAgent) => {}) => {
    const agent = await plane.streamOf(await plane.enrol(agentId));
    prepare(agent);
    await agent.ask(announce, { agentVersion: '1', devices: deviceIds.map(announcedPrinter) });
    return agent;
  };

  it('is acquired when an agent announces its devices, and summarized with each device', async () => {
    expect(await acquired()).toMatchObject(SAMPLE);
    const condition = {
      reached: true,
      problem: null,
      state: 'stopped',
      alerts: 2,
      severity: 'error',
      alert: 'Paper jam at cover A',
      alertCode: 'media-jam',
    };
    expect(await conditionOf('printer')).toEqual(condition);
    const { rows } = (await plane.call('tom', 'GET', '/devices')).body as { rows: object[] };
    expect(rows).toContainEqual(expect.objectContaining({ id: 'printer', condition }));
    // not in the agent's configuration
    expect(rows).toContainEqual(expect.objectContaining({ id: 'printer', serialNumber: SAMPLE.serialNumber }));
  });

  it('is acquired from a limited number of devices at a time, while the agent is online', async () => {
    const ids = Array.from({ length: LIMITS.INFORMATION_AT_ONCE + 4 }, (_, i) => `crowd-${i}`);
    const agent = await agentOf('crowd', ids, (each) => each.answers.set('acquire-information', 'silence'));
    await until('the first requests', () => timesAsked(agent) === LIMITS.INFORMATION_AT_ONCE);
    await agent.settled();
    expect(timesAsked(agent)).toBe(LIMITS.INFORMATION_AT_ONCE);
    await agent.leave();
    expect(await conditionOf('crowd-0')).toBeNull();
    expect(await read('crowd-0')).toEqual({ information: null, decision: null });
  });

  it('is acquired at a rate, and from each agent before an agent with many devices has been asked for all', async () => {
    const ids = Array.from({ length: 100 }, (_, i) => `many-${i}`);
    // logged in already, so that it announces its device long before the other one has been asked for all
    const few = await agentOf('few', [], (each) => each.answers.set('acquire-information', { body: SAMPLE }));
    const begun = performance.now();
    const many = await agentOf('many', ids, (each) => each.answers.set('acquire-information', { body: SAMPLE }));
    await few.ask(announce, { agentVersion: '1', devices: [announcedPrinter('few-1')] });
    await until('the other agent is asked', () => timesAsked(few) === 1);
    expect(timesAsked(many)).toBeLessThan(ids.length);
    await until('all are asked', () => timesAsked(many) === ids.length);
    expect(performance.now() - begun).toBeGreaterThan((ids.length / LIMITS.INFORMATION_PER_SECOND) * 1000 * 0.9);
    for (const agent of [many, few]) await agent.leave();
  });

  it('is acquired at a tenth of the rate while agents wait for their login', async () => {
    const waits = jest.spyOn(EmbeddedTransport.prototype, 'isAdmitting', 'get').mockReturnValue(true);
    const ids = Array.from({ length: 4 }, (_, i) => `later-${i}`);
    const begun = performance.now();
    const agent = await agentOf('later', ids, (each) => each.answers.set('acquire-information', { body: SAMPLE }));
    await until('all are asked', () => timesAsked(agent) === ids.length);
    expect(performance.now() - begun).toBeGreaterThan((3 / LIMITS.INFORMATION_PER_SECOND) * 10_000 * 0.9);
    waits.mockRestore();
    await agent.leave();
  });

  it('is reported by the agent of the device only', async () => {
    await acquired();
    expect(await report({ ...SAMPLE, state: 'idle', alerts: [] })).toEqual({});
    expect(await conditionOf('printer')).toEqual({
      reached: true,
      problem: null,
      state: 'idle',
      alerts: 0,
      severity: null,
      alert: '',
      alertCode: '',
    });
    const other = await agentOf('other', []);
    const foreign = { deviceId: 'printer', information: { ...SAMPLE, state: 'unknown' as const } };
    expect(await other.ask(reportInformation, foreign)).toBe('unknown-device');
    expect(await conditionOf('printer')).toMatchObject({ state: 'idle' });
    await other.leave();
  });

  it('is what was reported last, although an earlier answer takes longer to be stored', async () => {
    let proceed = (): void => undefined;
    const held = new Promise<void>((resolve) => (proceed = resolve));
    const { prototype } = DeviceInformationRepository;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its object
    const { store } = prototype;
    const stored = jest.spyOn(prototype, 'store').mockImplementationOnce(async function (
      this: typeof prototype,
      ...call
    ) {
      await held;
      return store.apply(this, call);
    });
    const refreshed = plane.call('tom', 'POST', '/devices/printer/information');
    await until('the answer', () => stored.mock.calls.length > 0);
    const reported = report({ ...SAMPLE, state: 'processing' });
    // the agent's requests are handled in order: the report has been handled, too, if it does not wait
    expect(await report(SAMPLE, 'nowhere')).toBe('unknown-device');
    proceed();
    await Promise.all([refreshed, reported]);
    expect((await read()).information).toMatchObject({ state: 'processing' });
  });

  it('stays stored if the device does not answer its agent', async () => {
    const before = await acquired();
    const problem = { code: 'login-refused', detail: 'the password' } as const;
    await report({ ...SAMPLE, reached: false, problem, state: 'unknown', model: '', counters: {} });
    expect((await read()).information).toEqual({ ...before, reached: false, problem });
    expect(await conditionOf('printer')).toMatchObject({ reached: false, problem: 'login-refused' });
    // of an agent of an earlier version
    await report({ ...SAMPLE, reached: false });
    expect(await conditionOf('printer')).toMatchObject({ reached: false, problem: 'unreachable' });
  });

  it('survives a new announcement, and is removed with the device', async () => {
    const agent = await agentOf('leaving', ['mover']);
    const first = await acquired('mover');
    agent.answers.set('acquire-information', { problem: 'internal-error' });
    await agent.ask(announce, { agentVersion: '2', devices: [announcedPrinter('mover')] });
    expect((await read('mover')).information).toEqual(first);
    await agent.ask(announce, { agentVersion: '2', devices: [] });
    await agent.ask(announce, { agentVersion: '2', devices: [announcedPrinter('mover')] });
    expect((await read('mover')).information).toBeNull();

    agent.answers.set('acquire-information', { body: SAMPLE });
    await agent.ask(announce, { agentVersion: '2', devices: [announcedPrinter('mover')] });
    await acquired('mover');
    await plane.call('ada', 'DELETE', '/agents/leaving');
    const again = await agentOf('leaving', ['mover'], (each) => each.answers.set('acquire-information', 'silence'));
    expect((await read('mover')).information).toBeNull();
    await again.leave();
  });

  it('is acquired again on request, once for concurrent requests', async () => {
    await acquired();
    plane.agent.answers.set('acquire-information', { body: { ...SAMPLE, state: 'processing' } });
    const before = timesAsked();
    const both = await Promise.all([1, 2].map(() => plane.call('tom', 'POST', '/devices/printer/information')));
    expect(timesAsked()).toBeLessThanOrEqual(before + 2);
    for (const { status, body } of both) {
      expect(status).toBe(200);
      expect(body).toMatchObject({
        information: { state: 'processing' },
        decision: { update: true, reason: 'requested', outcome: 'acquired', remoteSessionId: null },
      });
    }
    plane.agent.answers.set('acquire-information', { problem: 'internal-error' });
    const failed = await plane.call('tom', 'POST', '/devices/printer/information');
    expect(failed.body).toMatchObject({ information: { state: 'processing' }, decision: { outcome: 'failed' } });
    expect((await plane.call('tom', 'POST', '/devices/no-such-device/information')).body.code).toBe('unknown-device');
    await (await agentOf('gone', ['away'])).leave();
    await until('the agent to be offline', async () => !(await plane.call('tom', 'GET', '/devices/away')).body.online);
    expect((await plane.call('tom', 'POST', '/devices/away/information')).body.code).toBe('device-offline');
  });

  describe('when a session is requested', () => {
    const decided = (remoteSessionId: string) =>
      until('the decision', async () => {
        const { decision } = await read();
        return decision?.remoteSessionId === remoteSessionId && decision;
      });
    /** Backdates the stored information of the printer, and the announcement. */
    const since = async (times: { acquiredAt: number; changed?: Partial<Record<Fact, number>> }) => {
      await acquired();
      const { acquiredAt, changed = null } = times;
      await plane.write(`UPDATE devices SET "announcedAt" = 0 WHERE id = 'printer'`);
      const set = `"acquiredAt" = ${acquiredAt}, "changes" = '${JSON.stringify(changed)}'`;
      await plane.write(`UPDATE device_information SET ${set} WHERE "deviceId" = 'printer'`);
    };
    const tooOld = () => since({ acquiredAt: Date.now() - LIMITS.INFORMATION_FRESH_MS - 1_000 });

    it('is kept while it is recent enough', async () => {
      await acquired();
      const before = timesAsked();
      const id = await plane.requested();
      expect(await decided(id)).toMatchObject({ update: false, reason: 'fresh', outcome: 'kept', jobId: null });
      expect(timesAsked()).toBe(before);
    });

    it('is kept if a job has changed only what a session does not need', async () => {
      await since({ acquiredAt: Date.now() - 1_000, changed: { counters: Date.now(), supplies: Date.now() } });
      expect(await decided(await plane.requested())).toMatchObject({ update: false, reason: 'fresh' });
    });

    it('is acquired first if a job has changed the device', async () => {
      await since({ acquiredAt: Date.now() - 1_000, changed: { state: Date.now() } });
      const before = timesAsked();
      const id = await plane.requested();
      expect(await decided(id)).toMatchObject({ update: true, reason: 'job-since', outcome: 'acquired' });
      expect(timesAsked()).toBe(before + 1);
      const order = plane.agent.asked.map(({ name }) => name).slice(-2);
      expect(order).toEqual(['acquire-information', 'request-approval']);
      const { steps } = await until('the timeline', async () => {
        const session = await plane.session(id);
        return session.steps.some(({ step }) => step === 'S142') && session;
      });
      expect(steps.filter(({ step }) => ['update', 'S142'].includes(step))).toMatchObject([
        { step: 'update', decision: { update: true, reason: 'job-since', outcome: 'acquired' } },
        { step: 'S142', decision: null },
      ]);
    });

    it('remains unchanged if the agent does not answer, and the session continues', async () => {
      await tooOld();
      const before = await acquired();
      jest.replaceProperty(LIMITS, 'INFORMATION_ACQUIRE_MS', 50 as never);
      plane.agent.answers.set('acquire-information', 'silence');
      const id = await plane.requested();
      expect(await decided(id)).toMatchObject({ update: true, reason: 'too-old', outcome: 'failed' });
      expect((await read()).information).toEqual(before);
    });

    it.each(['{"reached":true}', '[]', '{"state":"on fire"}'])('is not overwritten by %s', async (body) => {
      await tooOld();
      const before = await acquired();
      plane.agent.answers.set('acquire-information', { body: JSON.parse(body) as object });
      expect(await decided(await plane.requested())).toMatchObject({ outcome: 'failed' });
      expect((await read()).information).toEqual(before);
    });

    it('does not resume a session that was cancelled meanwhile', async () => {
      await tooOld();
      const before = timesAsked();
      let answer!: (information: ScriptedAnswer) => void;
      plane.agent.answers.set('acquire-information', new Promise((resolve) => (answer = resolve)));
      const id = String((await plane.ask('tom')).body.id);
      await until('the request', () => timesAsked() > before);
      await plane.call('tom', 'POST', `/sessions/${id}/termination`);
      answer({ body: SAMPLE });
      await decided(id);
      await plane.agent.settled();
      expect(plane.agent.asked.filter(({ body }) => body.remoteSessionId === id).map(({ name }) => name)).toEqual([
        'withdraw-approval',
      ]);
    });
  });

  describe('when an external client requests', () => {
    let token: string;
    beforeAll(async () => {
      const wanted = { name: 'Helpdesk', scopes: ['jobs:write', 'sessions:write'] };
      const { id, secret } = (await plane.call('ada', 'POST', '/clients', wanted)).body;
      const grant = { grant_type: 'client_credentials', client_id: String(id), client_secret: String(secret) };
      const answer = await fetch(`${plane.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(grant) });
      token = ((await answer.json()) as { access_token: string }).access_token;
    });
    const post = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await fetch(`${plane.url}/api${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return String(((await answer.json()) as { id: unknown }).id);
    };
    /** @param changed what a job has changed since */
    const aged = async (changed: Fact | null) => {
      await acquired();
      await plane.write(`UPDATE devices SET "announcedAt" = 0 WHERE id = 'printer'`);
      const changes = changed && { [changed]: Date.now() };
      const set = `"acquiredAt" = ${Date.now() - 60_000}, "changes" = '${JSON.stringify(changes)}'`;
      await plane.write(`UPDATE device_information SET ${set} WHERE "deviceId" = 'printer'`);
    };

    it.each<[string, Fact | null, object, number]>([
      ['is kept if it is recent enough', null, { update: false, reason: 'fresh', outcome: 'kept' }, 0],
      [
        'is acquired first if a job has changed the device',
        'state',
        { update: true, reason: 'job-since', outcome: 'acquired' },
        1,
      ],
    ])('a session: %s', async (_name, changed, decision, asked) => {
      await aged(changed);
      const before = timesAsked();
      const wanted = { deviceId: 'printer', applicationId: 'web', reason: 'paper jam', minutes: 30 };
      const id = await post('/sessions', wanted);
      await plane.agent.awaitRequest('request-approval', id);
      expect(timesAsked()).toBe(before + asked);
      const { steps } = await plane.session(id);
      expect(steps.filter(({ step }) => step === 'update')).toMatchObject([{ decision }]);
    });

    it.each<[Operation, object, number]>([
      ['counters', { update: false, reason: 'not-needed', outcome: 'kept' }, 0],
      ['restart', { update: true, reason: 'job-since', outcome: 'acquired' }, 1],
    ])('%s: the decision considers what it needs', async (wanted, decision, asked) => {
      await aged('state');
      const before = timesAsked();
      const id = await post('/devices/printer/jobs', { operation: wanted });
      const execute = await plane.agent.commanded(id, 'execute');
      expect(timesAsked()).toBe(before + asked);
      expect(job.parse((await plane.call('ada', 'GET', `/jobs/${id}`)).body).decision).toEqual(decision);
      execute.answer({ status: 'completed' });
      await until('the job to be over', async () => {
        return job.parse((await plane.call('ada', 'GET', `/jobs/${id}`)).body).state === 'succeeded';
      });
    });
  });

  describe('when a job is requested', () => {
    /** Its model is not in the agent's configuration. */
    const id = 'nameless';
    let agent: ScriptedAgent;
    beforeAll(async () => {
      agent = await agentOf('jobber', []);
      await agent.ask(announce, {
        agentVersion: '1',
        devices: [{ ...announcedPrinter(id), model: '', operations: operation.options }],
      });
      await until('the device to be asked once it is announced', () => timesAsked(agent) > 0);
    });
    afterAll(() => agent?.leave());

    const requested = async (operation: Operation, more: object = {}): Promise<string> =>
      String((await plane.call('tom', 'POST', `/devices/${id}/jobs`, { operation, ...more })).body.id);
    const jobOf = async (jobId: string) => job.parse((await plane.call('tom', 'GET', `/jobs/${jobId}`)).body);
    const uploaded = async (model: string) => {
      const file = maker.make(randomBytes(64), { name: `${model}.bin`, version: '9.1', model });
      return String((await plane.send('ada', '/firmware', file, FIRMWARE_MEDIA_TYPE)).body.id);
    };
    /** Nothing has been acquired for a while. */
    const aged = async (seconds: number) => {
      await plane.call('tom', 'POST', `/devices/${id}/information`);
      await plane.write(`UPDATE devices SET "announcedAt" = 0 WHERE id = '${id}'`);
      const set = `"acquiredAt" = ${Date.now() - seconds * 1000}, "changes" = NULL`;
      await plane.write(`UPDATE device_information SET ${set} WHERE "deviceId" = '${id}'`);
    };
    afterEach(() => {
      agent.answers.set('acquire-information', { body: SAMPLE });
      for (const command of agent.commands)
        if (!command.isAnswered) command.answer({ status: 'completed', failure: 'internal-error' });
    });

    it.each<[operation: Operation, seconds: number, decision: object, asked: number]>([
      ['counters', 6_000, { update: false, reason: 'not-needed', outcome: 'kept' }, 0],
      ['restart', 60, { update: false, reason: 'fresh', outcome: 'kept' }, 0],
      ['test-page', 6_000, { update: true, reason: 'too-old', outcome: 'acquired' }, 1],
    ])('%s, %i s later: %j', async (wanted, seconds, decision, asked) => {
      await aged(seconds);
      const before = timesAsked(agent);
      const jobId = await requested(wanted);
      const execute = await agent.commanded(jobId, 'execute');
      expect(timesAsked(agent)).toBe(before + asked);
      execute.answer({ status: 'completed' });
      await until('the job to be over', async () => (await jobOf(jobId)).state === 'succeeded');
      expect((await jobOf(jobId)).decision).toEqual(decision);
      const shown = (await read(id)).decision;
      if (asked) expect(shown).toMatchObject({ ...decision, jobId, remoteSessionId: null });
    });

    it('firmware-install acquires model and version before the file is sent', async () => {
      await aged(60);
      const before = timesAsked(agent);
      const jobId = await requested('firmware-install', { firmwareId: await uploaded(SAMPLE.model) });
      (await agent.commanded(jobId, 'execute')).answer({ status: 'completed' });
      expect(timesAsked(agent)).toBe(before + 1);
      await until('the job to be over', async () => (await jobOf(jobId)).state === 'succeeded');
      expect((await jobOf(jobId)).decision).toEqual({ update: true, reason: 'needed-now', outcome: 'acquired' });
    });

    it('firmware-install is refused for a model that only the stored information speaks against', async () => {
      const firmwareId = await uploaded('Acme Newer');
      await aged(60);
      agent.answers.set('acquire-information', { body: { ...SAMPLE, model: 'Acme Newer' } });
      const jobId = await requested('firmware-install', { firmwareId });
      expect((await agent.commanded(jobId, 'execute')).fields['firmware-version']).toBe('9.1');
    });

    it('firmware-install fails and is not sent if the device is of another model by then', async () => {
      const firmwareId = await uploaded(SAMPLE.model);
      await aged(60);
      agent.answers.set('acquire-information', { body: { ...SAMPLE, model: 'Acme Newer' } });
      const jobId = await requested('firmware-install', { firmwareId });
      const over = await until('the job to fail', async () => {
        const seen = await jobOf(jobId);
        return seen.state === 'failed' && seen;
      });
      expect(over).toMatchObject({
        failure: 'firmware-unfit',
        detail: `The file is for ${SAMPLE.model}; the device is Acme Newer.`,
        decision: { reason: 'needed-now', outcome: 'acquired' },
      });
      await agent.settled();
      expect(agent.commands.filter((each) => each.jobId === jobId)).toEqual([]);
    });
  });
});
