import { DeploymentPlane, VERSION } from '../../../test/support/deployment/deployment-plane';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { HALVES } from '../../protocol/remote-session';

describe('a deployment of the relay', () => {
  let stage: DeploymentPlane;
  beforeAll(async () => (stage = await DeploymentPlane.start()));
  afterEach(() => jest.restoreAllMocks());
  afterEach(() => stage.reset());
  afterAll(() => stage?.stop());

  const rowsOf = async (id: string) => (await stage.get(id)).sessions;
  const tried = () => stage.keeper.asked.filter((asked) => asked.startsWith('try'));

  it('is executed immediately if no session is open', async () => {
    const made = await stage.instruct();
    expect(['trying', 'draining']).toContain(made.state);
    const done = await stage.reaches(made.id, 'deployed', 'rolled-back', 'failed');
    expect(done).toMatchObject({
      state: 'deployed',
      reason: null,
      instructedBy: { displayName: 'ADA' },
      from: { release: 'built-in', version: VERSION, pairs: 1 },
      to: { release: 'built-in', version: VERSION, pairs: 2 },
      sessions: [],
      returnAfterSeconds: null,
    });
    expect(stage.keeper.asked).toEqual(['try built-in 2', expect.stringMatching(/^take-over /)]);
    const { body } = await stage.plane.call('ada', 'GET', '/relays');
    expect(body).toEqual([expect.objectContaining({ id: 'local', pairs: 2, draining: false, driver: 'local' })]);
  });

  describe('with a session', () => {
    it('keeps the list of devices current; aborting it changes nothing', async () => {
      const tom = await stage.plane.established('tom');
      const { id, state, sessions } = await stage.instruct();
      expect(state).toBe('listed');
      const row = { deviceId: 'printer', deviceName: 'printer', applicationId: 'web', outcome: 'open' };
      expect(sessions).toEqual([expect.objectContaining({ ...row, remoteSessionId: tom.id, userName: 'TOM' })]);
      expect(sessions[0]!.since).not.toBeNull();
      expect(sessions[0]!.lastActiveAt).not.toBeNull();
      tom.link.bytesFromDevice = 70_000;
      const tess = await stage.plane.established('tess');
      await until('the second row', async () => (await rowsOf(id)).some((each) => each.remoteSessionId === tess.id));
      expect((await rowsOf(id)).find((each) => each.remoteSessionId === tom.id)).toMatchObject({
        bytesFromDevice: 70_000,
      });
      for (const half of HALVES) await stage.plane.relay.end(tess.link, half, 'requested');
      const ended = async () => (await rowsOf(id)).find(({ outcome }) => outcome === 'ended-by-itself');
      expect((await until('the end of its session', ended)).remoteSessionId).toBe(tess.id);

      expect(await stage.press(id, 'abortion')).toMatchObject({ state: 'aborted', reason: 'aborted-by-administrator' });
      expect(await stage.plane.session(tom.id)).toMatchObject({ state: 'established' });
      expect(stage.keeper.asked).toEqual([]);
      expect(stage.plane.relay.drained).toMatchObject({ draining: false });
    });

    it('is executed: new sessions are refused, the session is halted, its user is notified once', async () => {
      const tom = await stage.plane.established('tom');
      const { id } = await stage.instruct();
      await stage.press(id, 'execution', {});
      const draining = await stage.reaches(id, 'draining');
      expect(draining.returnAfterSeconds).toBeGreaterThan(0);
      const refused = await stage.plane.ask('tess');
      expect(refused).toMatchObject({ status: 503, body: { code: 'deployment-in-progress' } });
      expect(refused.body.retryAfterSeconds).toBeGreaterThan(0);
      await stage.endInOrder(tom);
      const done = await stage.reaches(id, 'deployed', 'rolled-back', 'failed');
      expect(done).toMatchObject({ state: 'deployed', sessions: [{ remoteSessionId: tom.id, outcome: 'ended' }] });
      const { ending, steps } = await stage.plane.session(tom.id);
      expect(ending).toBe('halted-by-deployment');
      const taken = steps.map(({ step }) => step).join(' ');
      expect(taken).toMatch(/S314 .*S294 .*S297 (S298 )?S315 S331 .*S334/);
      expect(taken.match(/S315/g)).toHaveLength(1);
      const notices = async () => (await stage.plane.call('tom', 'GET', '/notices')).body as { rows: object[] };
      const { rows } = await until('the notice', async () => (await notices()).rows.length > 0 && notices());
      expect(rows.filter((row) => (row as { remoteSessionId: string }).remoteSessionId === tom.id)).toHaveLength(1);
    });

    it('is executed immediately on request, and names whose session was forced', async () => {
      const tom = await stage.plane.established('tom');
      stage.plane.change({ PLATEN_HALF_END_SECONDS: '0.2' });
      stage.plane.agent.answers.set('terminate', 'silence');
      stage.plane.relay.onEndSession = (linkId, half) => {
        const link = stage.plane.relay.links.get(linkId)!;
        if (link[half] !== 'ended') void stage.plane.relay.end(link, half, 'control-plane');
      };
      const { id } = await stage.instruct({ pairs: 2, when: 'now' });
      const done = await stage.reaches(id, 'deployed', 'rolled-back', 'failed');
      expect(done).toMatchObject({
        state: 'deployed',
        when: 'now',
        sessions: [{ remoteSessionId: tom.id, userName: 'TOM', outcome: 'forced' }],
      });
    });

    it('leaves the relay as it is if sessions cannot be ended in time', async () => {
      setLimit('DEPLOYMENT_DRAIN_MS', 3_000); // the agent has to be asked by then
      const tom = await stage.plane.established('tom');
      const { id } = await stage.instruct({ pairs: 2, when: 'now' });
      expect(await stage.reaches(id, 'deployed', 'rolled-back', 'failed')).toMatchObject({
        state: 'rolled-back',
        reason: 'sessions-remain',
        detail: expect.stringContaining('printer (TOM)'),
        sessions: [{ remoteSessionId: tom.id, outcome: 'asked' }],
      });
      expect(stage.keeper.asked).toEqual(['try built-in 2', 'discard']);
      await until('the drain to be lifted', () => stage.plane.relay.drained?.draining === false);
      for (const half of HALVES) await stage.plane.relay.end(tom.link, half, 'control-plane');
      const { status } = await stage.plane.ask('tess');
      expect(status).toBe(201);
    });

    it('waits until the relay is idle, and interrupts no session', async () => {
      const tom = await stage.plane.established('tom');
      const { id, state } = await stage.instruct({ pairs: 2, when: 'idle' });
      expect(state).toBe('awaiting-idle');
      const tess = await stage.plane.established('tess');
      for (const half of HALVES) await stage.plane.relay.end(tom.link, half, 'requested');
      const other = async () => (await rowsOf(id)).find(({ remoteSessionId }) => remoteSessionId === tess.id);
      await until('the other session to be seen', other);
      expect(tried()).toEqual([]);
      for (const half of HALVES) await stage.plane.relay.end(tess.link, half, 'requested');
      const done = await stage.reaches(id, 'deployed', 'rolled-back', 'failed');
      expect(done.state).toBe('deployed');
      expect(done.sessions.map(({ outcome }) => outcome)).toEqual(['ended-by-itself', 'ended-by-itself']);
    });

    it('is executed at the scheduled time', async () => {
      const tom = await stage.plane.established('tom');
      const { id } = await stage.instruct();
      const at = new Date(Date.now() + 5_000).toISOString(); // also a busy machine has instructed it by then
      expect(await stage.press(id, 'execution', { when: 'at', at })).toMatchObject({ state: 'scheduled', at });
      await stage.endInOrder(tom);
      const { state, executedAt } = await stage.reaches(id, 'deployed', 'rolled-back', 'failed');
      expect(state).toBe('deployed');
      expect(Date.parse(executedAt!)).toBeGreaterThanOrEqual(Date.parse(at));
    });
  });

  it.each(['trying', 'draining'] as const)(
    'can be aborted while it is %s; the earlier relay stays in service',
    async (state) => {
      const tom = await stage.plane.established('tom');
      if (state === 'trying') {
        const { onTry } = stage.keeper;
        stage.keeper.onTry = async (run) => {
          const started = await onTry(run);
          stage.keeper.status.candidate!.state = 'starting';
          return started;
        };
      }
      const { id } = await stage.instruct({ pairs: 2, when: 'now' });
      await stage.reaches(id, state);
      const expected = state === 'trying' ? 'starting' : 'ready';
      await until('the candidate', () => stage.keeper.status.candidate?.state === expected);
      await stage.press(id, 'abortion');
      expect(await stage.reaches(id, 'rolled-back', 'failed')).toMatchObject({
        state: 'rolled-back',
        reason: 'aborted-by-administrator',
      });
      expect(stage.keeper.status).toMatchObject({ candidate: null, wanted: { pairs: 1 } });
      if (state === 'trying') expect(await stage.plane.session(tom.id)).toMatchObject({ state: 'established' });
    },
  );

  it('is rolled back with one click: another deployment restores what it replaced', async () => {
    const first = await stage.instruct();
    expect(first.canRollBack).toBe(false);
    await stage.reaches(first.id, 'deployed');
    expect(await stage.get(first.id)).toMatchObject({ canRollBack: true });
    const second = await stage.press(first.id, 'roll-back');
    expect(second).toMatchObject({ from: { pairs: 2 }, to: { pairs: 1 } });
    await stage.reaches(second.id, 'deployed');
    expect(stage.keeper.status.wanted).toEqual({ file: null, pairs: 1 });
    expect(await stage.get(first.id)).toMatchObject({ canRollBack: false });
    const again = await stage.plane.call('ada', 'POST', `/deployments/${first.id}/roll-back`);
    expect(again).toMatchObject({ status: 409, body: { code: 'wrong-state' } });
  });

  it('is the only open one of its relay', async () => {
    await stage.plane.established('tom');
    const answers = await Promise.all(
      [2, 3, 4].map((pairs) => stage.plane.call('ada', 'POST', '/deployments', { pairs })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const refused = answers.filter(({ status }) => status === 409).map(({ body }) => body.code);
    expect(refused).toEqual(['deployment-open', 'deployment-open']);
  });

  const past = '2001-01-01T00:00:00Z';
  const farOff = new Date(Date.now() + 30 * 24 * 60 * 60_000).toISOString();
  it.each<[string, object, number, string]>([
    ['a request that changes nothing', {}, 409, 'nothing-to-deploy'],
    ['what is already in service', { release: 'built-in', pairs: 1 }, 409, 'nothing-to-deploy'],
    ['a release that is not stored', { release: '9.9.9' }, 404, 'unknown-release'],
    ['a relay that is not connected', { relayId: 'east', pairs: 2 }, 404, 'unknown-relay'],
    ['zero pairs', { pairs: 0 }, 400, 'invalid-request'],
    ['a time without `at`', { pairs: 2, at: farOff }, 400, 'invalid-request'],
    ['a time in the past', { pairs: 2, when: 'at', at: past }, 400, 'invalid-request'],
    ['a time too far ahead', { pairs: 2, when: 'at', at: farOff }, 400, 'invalid-request'],
  ])('refuses %s', async (_, body, status, code) => {
    expect(await stage.plane.call('ada', 'POST', '/deployments', body)).toMatchObject({ status, body: { code } });
    expect(stage.keeper.asked).toEqual([]);
  });

  it('refuses a relay that the server does not run while no command is configured', async () => {
    const east = await stage.plane.anotherRelay('east');
    const answer = await stage.plane.call('ada', 'POST', '/deployments', { relayId: 'east', pairs: 2 });
    await east.leave();
    expect(answer).toMatchObject({ status: 409, body: { code: 'deployment-unsupported' } });
  });

  it('refuses buttons that its state does not take, and unknown IDs', async () => {
    const { id } = await stage.instruct();
    await stage.reaches(id, 'deployed');
    for (const button of ['execution', 'abortion']) {
      const answer = await stage.plane.call('ada', 'POST', `/deployments/${id}/${button}`, {});
      expect(answer).toMatchObject({ status: 409, body: { code: 'wrong-state' } });
    }
    const unknown = await stage.plane.call('ada', 'GET', '/deployments/unknown');
    expect(unknown).toMatchObject({ status: 404, body: { code: 'unknown-deployment' } });
  });

  it('has a history, newest first, and is recorded in the audit log', async () => {
    const ids: string[] = [];
    for (const pairs of [2, 3]) {
      const { id } = await stage.instruct({ pairs });
      await stage.reaches(id, 'deployed');
      ids.unshift(id);
    }
    const page = async (query: string) =>
      (await stage.plane.call('ada', 'GET', `/deployments?${query}`)).body as { rows: { id: string }[]; next: string };
    const first = await page('limit=1');
    const second = await page(`limit=1&cursor=${first.next}`);
    expect([...first.rows, ...second.rows].map(({ id }) => id)).toEqual(ids);
    const { rows } = (await stage.plane.call('ada', 'GET', '/audit?limit=2')).body as { rows: object[] };
    expect(rows).toEqual([
      expect.objectContaining({ actor: 'ada', action: 'deployment.instructed', target: ids[0] }),
      expect.objectContaining({ actor: 'ada', action: 'deployment.instructed', target: ids[1] }),
    ]);
  });
});
