import { ControlPlane, announcedPrinter } from '../../../test/support/server/control-plane';
import { until } from '../../../test/support/until';
import { announce } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { job, type Job, type JobState } from '../../protocol/maintenance';

describe('a maintenance job', () => {
  let plane: ControlPlane;
  beforeAll(async () => (plane = await ControlPlane.start()));
  afterAll(() => plane?.stop());
  afterEach(async () => {
    jest.restoreAllMocks();
    if (plane.agent.wire.isClosed) await plane.connectAgent();
    await plane.write(
      `UPDATE maintenance_jobs SET state = 'cancelled' WHERE state IN ('requested','executing','held')`,
    );
    for (const command of plane.agent.commands) if (!command.isAnswered) command.refuse('bad-sessionid');
  });

  const instruct = (body: object = {}, deviceId = 'printer') =>
    plane.call('tom', 'POST', `/devices/${deviceId}/jobs`, { operation: 'counters', ...body });
  const requested = async (body: object = {}) => {
    const { status, body: answer } = await instruct(body);
    if (status !== 201) throw new Error(JSON.stringify(answer));
    return job.parse(answer);
  };
  const get = async (id: string) => job.parse((await plane.call('tess', 'GET', `/jobs/${id}`)).body);
  const reaches = (id: string, state: JobState): Promise<Job> =>
    until(`job ${id} to be ${state}`, async () => {
      const seen = await get(id);
      return seen.state === state && seen;
    });
  const cancel = (id: string) => plane.call('tess', 'POST', `/jobs/${id}/cancellation`);
  const codeOf = async (answer: Promise<{ body: Record<string, unknown> }>) => (await answer).body.code;
  /** One that the agent holds or has started, with the first poll for it. */
  const taken = async (report: { hold?: 'stopped' } = {}, body: object = {}) => {
    const { id } = await requested(body);
    (await plane.agent.commanded(id, 'execute')).answer(report);
    return { id, next: await plane.agent.commanded(id, 'next') };
  };
  const disconnect = async () => {
    await plane.agent.leave();
    await until(
      'the agent to be offline',
      async () => !(await plane.call('tom', 'GET', '/devices/printer')).body.online,
    );
  };

  it('is sent, polled for, and shows its progress and result', async () => {
    const { id } = await requested();
    const execute = await plane.agent.commanded(id, 'execute');
    expect(execute).toMatchObject({
      operation: 'counters',
      fields: { job: id, device: 'printer', 'expires-in': '60' },
    });
    expect(await get(id)).toMatchObject({ state: 'requested', sentAt: null });
    execute.answer({ hold: 'processing', detail: 'copying' });
    expect(await reaches(id, 'held')).toMatchObject({ hold: 'processing', detail: 'copying', beganAt: null });
    (await plane.agent.commanded(id, 'next')).answer({ percent: 40, activity: 'reading' });
    expect(await reaches(id, 'executing')).toMatchObject({ hold: null, percent: 40, activity: 'reading', detail: '' });
    const result = [
      { name: 'impressions', value: '128456' },
      { name: 'media-sheets', value: '90211 <紙>' },
    ];
    (await plane.agent.commanded(id, 'next')).answer({ status: 'completed', result });
    const done = await reaches(id, 'succeeded');
    expect(done).toMatchObject({ result, percent: null, failure: null, user: { username: 'tom' } });
    expect([done.sentAt, done.beganAt, done.endedAt]).not.toContain(null);
    const { rows } = (await plane.call('ada', 'GET', '/audit')).body as { rows: object[] };
    expect(rows).toContainEqual(expect.objectContaining({ actor: 'tom', action: 'job.requested', target: id }));
  });

  it('reads the lines of a log that are asked for, also from an agent that knows no such choice', async () => {
    const log = { from: '2030-01-07T08:00:00.000Z', until: '2030-01-07T09:00:00.000Z', level: 'warn' } as const;
    const { id } = await requested({ operation: 'logs-read', log });
    const execute = await plane.agent.commanded(id, 'execute');
    expect(execute.fields).toMatchObject({ 'log-from': log.from, 'log-until': log.until, 'log-level': 'warn' });
    const asked = [
      { name: '001.device.error', value: 'media-jam: Tray 2' },
      { name: '003.agent.warn', value: '2030-01-07T09:00:00Z no control channel' },
      { name: '006.log.cut', value: 'Older lines are left out.' },
    ];
    const others = [
      { name: '002.agent.error', value: '2030-01-07T09:00:01Z later' },
      { name: '004.agent.info', value: '2030-01-07T08:30:00Z agent online' },
      { name: '005.agent.warn', value: '2030-01-07T07:59:59Z earlier' },
    ];
    const result = [...asked, ...others].sort((one, other) => one.name.localeCompare(other.name));
    execute.answer({ status: 'completed', result });
    expect(await reaches(id, 'succeeded')).toMatchObject({ log, result: asked });
    const latest = await requested({ operation: 'logs-read', log: {} });
    const unlimited = await plane.agent.commanded(latest.id, 'execute');
    expect(Object.keys(unlimited.fields).filter((name) => name.startsWith('log-'))).toEqual([]);
    unlimited.answer({ status: 'completed', result });
    expect(await reaches(latest.id, 'succeeded')).toMatchObject({ log: null, result });
  });

  it('ends with the first answer if the agent has completed or refused it', async () => {
    const quick = await requested();
    (await plane.agent.commanded(quick.id, 'execute')).answer({ status: 'completed' });
    expect(await reaches(quick.id, 'succeeded')).toMatchObject({ result: [] });
    const refused = await requested();
    const failure = { status: 'completed', failure: 'device-refused', detail: 'server-error-busy' } as const;
    (await plane.agent.commanded(refused.id, 'execute')).answer(failure);
    expect(await reaches(refused.id, 'failed')).toMatchObject({
      failure: 'device-refused',
      detail: 'server-error-busy',
    });
  });

  it.each([
    ['forbidden', 'forbidden'],
    ['item-not-found', 'unsupported'],
    ['feature-not-implemented', 'unsupported'],
    ['resource-constraint', 'too-many'],
    ['undefined-condition', 'internal-error'],
  ])('fails when the agent refuses it (%s): %s', async (condition, failure) => {
    const { id } = await requested();
    (await plane.agent.commanded(id, 'execute')).refuse(condition);
    expect(await reaches(id, 'failed')).toMatchObject({ failure, beganAt: null });
  });

  it('fails when the first answer is a report of another job', async () => {
    const { id } = await requested();
    (await plane.agent.commanded(id, 'execute')).answer({}, 'd0d0d0d0-2d3a-4f6b-9c7d-8e9f0a1b2c3d');
    expect(await reaches(id, 'failed')).toMatchObject({ failure: 'internal-error' });
  });

  it('stays as it is when a later answer is malformed, and is polled for again', async () => {
    const { id, next } = await taken();
    next.say('result', '<command xmlns="http://jabber.org/protocol/commands" status="completed"/>');
    (await plane.agent.commanded(id, 'next')).answer({ status: 'completed' });
    await reaches(id, 'succeeded');
  });

  it('is refused if the device, the operation or the firmware is not valid, or the agent is offline', async () => {
    expect(await codeOf(instruct({}, 'unknown'))).toBe('unknown-device');
    expect(await codeOf(instruct({ operation: 'test-page' }))).toBe('operation-unsupported');
    expect(await codeOf(instruct({ operation: 'explode' }))).toBe('invalid-request');
    expect(await codeOf(instruct({ waitMinutes: -1 }))).toBe('invalid-request');
    expect(await codeOf(instruct({ operation: 'firmware-install' }))).toBe('invalid-request');
    expect(await codeOf(instruct({ firmwareId: '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c3d' }))).toBe('invalid-request');
    expect(await codeOf(plane.call('tom', 'GET', '/jobs/nothing'))).toBe('unknown-job');
    await disconnect();
    expect(await codeOf(instruct())).toBe('device-offline');
  });

  it('is refused if its device has too many open jobs, also under concurrent requests', async () => {
    await disconnect();
    jest.replaceProperty(LIMITS, 'JOBS_PER_DEVICE', 3 as never);
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => instruct({ waitMinutes: 5 })));
    expect(answers.map(({ status, body }) => body.code ?? status).sort()).toEqual([
      201,
      201,
      201,
      'too-many-jobs',
      'too-many-jobs',
    ]);
  });

  it('waits for its agent if it may, and is sent in order', async () => {
    await disconnect();
    const jobs: string[] = [];
    for (let i = 0; i < 3; i += 1) jobs.push((await requested({ waitMinutes: 5 })).id);
    await plane.connectAgent();
    for (const id of jobs) (await plane.agent.commanded(id, 'execute')).answer({ status: 'completed' });
    for (const id of jobs) await reaches(id, 'succeeded');
    expect(plane.agent.commands.filter(({ action }) => action === 'execute').map(({ jobId }) => jobId)).toEqual(jobs);
  });

  it('fails after its expiry, and may have started if it was sent', async () => {
    const sent = await requested();
    await plane.agent.commanded(sent.id, 'execute');
    await disconnect();
    const waiting = await requested({ waitMinutes: 1 });
    await plane.halt();
    await plane.write(`UPDATE maintenance_jobs SET "deadlineAt" = 1, "expiresAt" = 1 WHERE state = 'requested'`);
    jest.replaceProperty(LIMITS, 'RETRY_MAX_MS', 0 as never);
    await plane.boot();
    expect(await reaches(sent.id, 'failed')).toMatchObject({ failure: 'agent-silent' });
    expect(await reaches(waiting.id, 'failed')).toMatchObject({ failure: 'expired', sentAt: null });
    await plane.connectRelay(plane.relay);
  });

  it('fails if the agent reports nothing for too long after its last report', async () => {
    const { id, next } = await taken();
    jest.replaceProperty(LIMITS, 'JOB_SILENT_MS', 200);
    next.answer({});
    expect(await reaches(id, 'failed')).toMatchObject({ failure: 'agent-silent' });
  });

  it.each([
    ['held', { hold: 'stopped' } as const],
    ['executing', {}],
  ])('is polled for again when its agent was offline (%s)', async (state, report) => {
    const { id } = await taken(report);
    await disconnect();
    expect((await get(id)).state).toBe(state);
    await plane.connectAgent();
    (await plane.agent.commanded(id, 'next')).answer({ status: 'completed' });
    await reaches(id, 'succeeded');
  });

  it('is resumed after a restart of the server, in every open state', async () => {
    const held = await taken({ hold: 'stopped' });
    const executing = await taken();
    const { id: asked } = await requested();
    await plane.agent.commanded(asked, 'execute');
    const { id: waiting } = await requested({ waitMinutes: 5 });
    await plane.halt();
    await plane.agent.wire.closed;
    // while the server was stopped, no report could come
    await plane.write(`UPDATE maintenance_jobs SET "deadlineAt" = 1 WHERE "askedAt" IS NOT NULL`);
    await plane.boot();
    await plane.connectAgent();
    await plane.connectRelay(plane.relay);
    for (const id of [held.id, executing.id]) (await plane.agent.commanded(id, 'next')).answer({ status: 'completed' });
    for (const id of [asked, waiting]) (await plane.agent.commanded(id, 'execute')).answer({ status: 'completed' });
    for (const id of [held.id, executing.id, asked, waiting]) await reaches(id, 'succeeded');
  });

  it('is sent again when its agent went offline without an answer', async () => {
    const { id } = await requested();
    await plane.agent.commanded(id, 'execute');
    await disconnect();
    expect(await codeOf(cancel(id))).toBe('device-offline');
    await plane.connectAgent();
    (await plane.agent.commanded(id, 'execute')).answer({ status: 'completed' });
    await reaches(id, 'succeeded');
  });

  it.each(['bad-sessionid', 'item-not-found'])(
    'is sent again when the agent that held it no longer knows it (%s)',
    async (condition) => {
      const { id, next } = await taken({ hold: 'stopped' });
      next.refuse(condition);
      (await plane.agent.commanded(id, 'execute')).answer({ status: 'completed' });
      await reaches(id, 'succeeded');
    },
  );

  it('is interrupted when the agent no longer knows it after it had started', async () => {
    const { id, next } = await taken();
    next.refuse('bad-sessionid');
    expect(await reaches(id, 'failed')).toMatchObject({ failure: 'interrupted' });
  });

  it('fails when its agent is removed', async () => {
    const agent = await plane.streamOf(await plane.enrol('doomed'));
    await agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter('doomed')] });
    const { body } = await instruct({}, 'doomed');
    (await agent.commanded(String(body.id), 'execute')).answer({});
    await agent.commanded(String(body.id), 'next');
    await plane.call('ada', 'DELETE', '/agents/doomed');
    expect(await reaches(String(body.id), 'failed')).toMatchObject({ failure: 'agent-removed' });
  });

  it('outdates the device information when it may have changed the device', async () => {
    const { id } = await requested({ operation: 'restart' });
    (await plane.agent.commanded(id, 'execute')).answer({ status: 'completed' });
    await reaches(id, 'succeeded');
    const session = await plane.requested('tess');
    await until('the decision', async () => {
      const { decision } = (await plane.call('tom', 'GET', '/devices/printer/information')).body as {
        decision: { remoteSessionId: string; reason: string } | null;
      };
      return decision?.remoteSessionId === session && decision.reason === 'job-since';
    });
    await plane.clear();
  });

  describe('is cancelled', () => {
    it('at once if it was not sent, also by two users at the same time', async () => {
      await disconnect();
      const { id } = await requested({ waitMinutes: 5 });
      const both = await Promise.all([cancel(id), cancel(id)]);
      expect(both.map(({ status }) => status)).toContain(200);
      expect((await cancel(id)).status).toBe(200);
      await plane.connectAgent();
      await plane.agent.settled();
      expect(plane.agent.commands).toEqual([]);
      expect(await get(id)).toMatchObject({ state: 'cancelled', failure: null });
    });

    it('by the agent that holds it', async () => {
      const { id } = await taken({ hold: 'stopped' });
      const cancelled = cancel(id);
      (await plane.agent.commanded(id, 'cancel')).answer({ status: 'canceled' });
      expect(await cancelled).toMatchObject({ status: 200, body: { state: 'cancelled', hold: null } });
      expect((await cancel(id)).status).toBe(200);
    });

    it('if its agent no longer knows it', async () => {
      const { id } = await taken({ hold: 'stopped' });
      const cancelled = cancel(id);
      (await plane.agent.commanded(id, 'cancel')).refuse('bad-sessionid');
      expect((await cancelled).body.state).toBe('cancelled');
    });

    it('neither once it has started, nor if only the agent knows that', async () => {
      const started = await taken();
      expect(await cancel(started.id)).toMatchObject({ status: 409, body: { code: 'job-begun' } });
      const held = await taken({ hold: 'stopped' });
      const refused = cancel(held.id);
      (await plane.agent.commanded(held.id, 'cancel')).refuse('not-allowed');
      expect((await refused).body.code).toBe('job-begun');
      held.next.answer({ status: 'completed' });
      await reaches(held.id, 'succeeded');
      expect(await codeOf(cancel(held.id))).toBe('wrong-state');
    });

    it('not if the agent completes it at the same moment', async () => {
      const { id, next } = await taken({ hold: 'stopped' });
      const late = cancel(id);
      const command = await plane.agent.commanded(id, 'cancel');
      next.answer({ status: 'completed', result: [{ name: 'impressions', value: '1' }] });
      command.answer({ status: 'completed', result: [{ name: 'impressions', value: '1' }] });
      expect((await late).body.code).toBe('wrong-state');
      expect(await get(id)).toMatchObject({ state: 'succeeded', result: [{ value: '1' }] });
    });

    it('not while the agent that holds it is offline', async () => {
      const { id } = await taken({ hold: 'stopped' });
      await disconnect();
      expect(await codeOf(cancel(id))).toBe('device-offline');
      expect((await get(id)).state).toBe('held');
    });
  });

  it('that is over is withdrawn from an agent that reports it as open', async () => {
    const { id } = await requested();
    const execute = await plane.agent.commanded(id, 'execute');
    await plane.write(`UPDATE maintenance_jobs SET state = 'cancelled' WHERE id = '${id}'`);
    execute.answer({ hold: 'stopped' });
    await plane.agent.commanded(id, 'cancel');
  });

  it('is one of at most 16 of its agent that are polled for at once', async () => {
    const jobs: string[] = [];
    for (let i = 0; i < 18; i += 1) jobs.push((await requested()).id);
    for (const id of jobs) (await plane.agent.commanded(id, 'execute')).answer({ hold: 'queued' });
    const polled = () => plane.agent.commands.filter((each) => jobs.includes(each.jobId) && each.action === 'next');
    await until('16 polls', () => polled().length === 16);
    await plane.agent.settled();
    expect(polled()).toHaveLength(16);
    polled()[0]!.answer({ hold: 'queued' });
    await until('the 17th', () => polled().length === 17);
    expect(polled()[16]!.jobId).toBe(jobs[16]);
  });

  it('is listed, newest first and in pages', async () => {
    const finished: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      const { id } = await requested();
      (await plane.agent.commanded(id, 'execute')).answer({ status: 'completed' });
      await reaches(id, 'succeeded');
      finished.push(id);
    }
    const list = async (query: string) =>
      (await plane.call('tom', 'GET', `/jobs?${query}`)).body as { rows: Job[]; next: string };
    const first = await list('limit=2');
    const rows = [...first.rows, ...(await list(`limit=2&cursor=${first.next}`)).rows];
    const times = rows.map(({ requestedAt }) => requestedAt);
    expect(times).toEqual([...times].sort().reverse());
    expect(rows.map(({ id }) => id).sort()).toEqual(finished.sort());

    const { id } = await taken();
    const ids = async (query: string) => (await list(query)).rows.map((each) => each.id);
    expect(await ids('state=open')).toEqual([id]);
    expect(await ids('state=over')).not.toContain(id);
    expect(await ids('deviceId=unknown')).toEqual([]);
  });
});
