import { ControlPlane, announcedPrinter } from '../../../../test/support/server/control-plane';
import type { ScriptedAgent, ScriptedAnswer } from '../../../../test/support/agent/scripted-agent';
import { until } from '../../../../test/support/until';
import vectors from '../../../../test/vectors/control-channel.json';
import { acquiredInformation, device } from '../../../protocol/api';
import { announce, reportInformation } from '../../../protocol/control-channel';
import { deviceInformation, type DeviceInformation } from '../../../protocol/device-information';
import { LIMITS } from '../../../protocol/limits';

const SAMPLE = deviceInformation.parse(vectors.acquireInformation.response);

describe('device information', () => {
  let plane: ControlPlane;
  beforeAll(async () => (plane = await ControlPlane.start()));
  afterAll(() => plane?.stop());
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
    const begun = performance.now();
    const many = await agentOf('many', ids, (each) => each.answers.set('acquire-information', { body: SAMPLE }));
    const few = await agentOf('few', ['few-1'], (each) => each.answers.set('acquire-information', { body: SAMPLE }));
    await until('the other agent is asked', () => timesAsked(few) === 1);
    expect(timesAsked(many)).toBeLessThan(ids.length);
    await until('all are asked', () => timesAsked(many) === ids.length);
    expect(performance.now() - begun).toBeGreaterThan((ids.length / LIMITS.INFORMATION_PER_SECOND) * 1000 * 0.9);
    for (const agent of [many, few]) await agent.leave();
  });

  it('is reported by the agent of the device only', async () => {
    await acquired();
    expect(await report({ ...SAMPLE, state: 'idle', alerts: [] })).toEqual({});
    expect(await conditionOf('printer')).toEqual({
      reached: true,
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

  it('stays stored if the device does not answer its agent', async () => {
    const before = await acquired();
    await report({ ...SAMPLE, reached: false, state: 'unknown', model: '', counters: {} });
    expect((await read()).information).toEqual({ ...before, reached: false });
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
    const since = async (times: { acquiredAt: number; changedAt?: number }) => {
      await acquired();
      const { acquiredAt, changedAt = 'NULL' } = times;
      await plane.write(`UPDATE devices SET "announcedAt" = 0 WHERE id = 'printer'`);
      const set = `"acquiredAt" = ${acquiredAt}, "changedAt" = ${changedAt}`;
      await plane.write(`UPDATE device_information SET ${set} WHERE "deviceId" = 'printer'`);
    };
    const tooOld = () => since({ acquiredAt: Date.now() - LIMITS.INFORMATION_FRESH_MS - 1_000 });

    it('is kept while it is recent enough', async () => {
      await acquired();
      const before = timesAsked();
      const id = await plane.requested();
      expect(await decided(id)).toMatchObject({ update: false, reason: 'fresh', outcome: 'kept' });
      expect(timesAsked()).toBe(before);
    });

    it('is acquired first if a job has changed the device', async () => {
      await since({ acquiredAt: Date.now() - 1_000, changedAt: Date.now() });
      const before = timesAsked();
      const id = await plane.requested();
      expect(await decided(id)).toMatchObject({ update: true, reason: 'job-since', outcome: 'acquired' });
      expect(timesAsked()).toBe(before + 1);
      const order = plane.agent.asked.map(({ name }) => name).slice(-2);
      expect(order).toEqual(['acquire-information', 'request-approval']);
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
});
