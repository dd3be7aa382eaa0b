import { DENIALS, type Denial } from '../../protocol/access-conditions';
import { approval } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import type { Ending, SessionState } from '../../protocol/remote-session';
import { ControlPlane } from '../../../test/support/server/control-plane';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { RpcRefused } from '../../tunnel/json-rpc.errors';

describe('a remote session', () => {
  let plane: ControlPlane;
  beforeAll(async () => (plane = await ControlPlane.start()));
  afterAll(() => plane?.stop());
  afterEach(() => jest.restoreAllMocks());
  afterEach(() => plane.clear());

  const asUser = (id: string, method: string, path: string, body?: object) =>
    plane.call('tom', method, `/sessions/${id}${path}`, body);
  const cancel = (id: string) => asUser(id, 'POST', '/termination');
  const administratorEnds = (id: string) => plane.call('ada', 'POST', `/sessions/${id}/termination`);

  it('takes each step from the request to the end once, in order', async () => {
    const id = await plane.requested();
    const asked = await plane.agent.awaitRequest('request-approval', id);
    expect(asked).toMatchObject({
      deviceId: 'printer',
      applicationId: 'web',
      asker: { kind: 'user', id: 'tom', name: 'TOM' },
      minutes: 30,
    });
    expect(await plane.decide(id, 'approved')).toEqual({});
    const sent = await plane.agent.awaitRequest('connection-info', id);
    const link = plane.relay.linkOf(id);
    expect(sent).toMatchObject({ remoteSessionId: id, sessionId: link.sessionIds.device });
    const polled = await plane.connection('tom', id);
    expect(polled).toMatchObject({ status: 'ready', connection: { sessionId: link.sessionIds.terminal } });
    await plane.connection('tom', id);
    const tokens = { device: sent.token, terminal: polled.status === 'ready' && polled.connection.token };
    for (const half of ['device', 'terminal'] as const) {
      const answer = await plane.relay.authenticate(link.linkId, half, String(tokens[half]));
      expect(answer).toMatchObject({ outcome: 'permitted', remoteSessionId: id });
      expect(await plane.relay.start(link, half)).toEqual({ known: true });
    }
    expect(await plane.session(id)).toMatchObject({ state: 'established', device: { state: 'connected' } });
    expect(await plane.connection('tom', id)).toEqual({ status: 'waiting', state: 'established' });

    await plane.relay.requestTermination(link.linkId, 'terminal');
    expect(await plane.agent.awaitRequest('terminate', id)).toMatchObject({ ending: 'ended-by-terminal' });
    await plane.relay.end(link, 'terminal', 'requested');
    expect(await plane.session(id)).toMatchObject({ state: 'ending', terminal: { endReason: 'requested' } });
    await plane.relay.requestTermination(link.linkId, 'device');
    await plane.relay.end(link, 'device', 'requested');
    const ended = await plane.session(id);
    expect(ended).toMatchObject({ state: 'ended', ending: 'ended-by-terminal', bytesFromDevice: 5_000 });
    const steps =
      'S141 update S142 S145 S148 S149 S150 S202 S174 S175 S178 S179 S207 S208 S211 S212 ' +
      'S265 S266 S269 S270 S294 S297 S298';
    const timeline = async () => (await plane.session(id)).steps.map(({ step }) => step).join(' ');
    await until('the whole timeline', async () => (await timeline()).endsWith('S298'));
    expect(await timeline()).toBe(steps);
  });

  it('gives the relay a longer wait for both halves than its own', async () => {
    const { id } = await plane.prepared();
    const { approvedAt } = await plane.session(id);
    const wait = plane.relay.connectBefore.get(id)! - Date.parse(approvedAt!);
    expect(wait).toBeGreaterThanOrEqual(LIMITS.CONNECT_MS + LIMITS.RELAY_EXPIRY_GRACE_MS);
    await cancel(id);
  });

  const beforeTheRelay: [name: string, act: (id: string) => Promise<unknown>, ending: Ending, withdrawn: boolean][] = [
    ['NO', (id) => plane.decide(id, 'declined'), 'declined', false],
    ['withdrawn by the technician', cancel, 'cancelled', true],
    ['ended by an administrator', administratorEnds, 'ended-by-administrator', true],
  ];
  it.each(beforeTheRelay)('ends before the request to the relay: %s', async (_, act, ending, withdrawn) => {
    const before = plane.relay.asked.length;
    const id = await plane.requested();
    await act(id);
    expect(await plane.reaches(id, 'ended')).toMatchObject({ ending, approvedAt: null });
    expect(await plane.connection('tom', id)).toMatchObject({ status: 'over', ending });
    if (withdrawn) expect(await plane.agent.awaitRequest('withdraw-approval', id)).toMatchObject({ ending });
    expect(await plane.decide(id, 'approved')).toBe('session-over');
    expect(plane.relay.asked.slice(before).filter((asked) => asked === 'connection-info')).toEqual([]);
  });

  describe('that the access conditions do not permit', () => {
    const denied = (id: string, reason: Denial = 'hours') =>
      plane.agent.ask(approval, { remoteSessionId: id, decision: 'declined', denied: reason });
    const ending = { ending: 'denied', denial: 'hours', detail: DENIALS.hours };

    it('ends as denied, with the reason class, and is not approved afterwards', async () => {
      const id = await plane.requested();
      expect(await denied(id)).toEqual({});
      expect(await plane.reaches(id, 'ended')).toMatchObject({ ...ending, approvedAt: null });
      expect(await plane.connection('tom', id)).toEqual({ status: 'over', ...ending });
      expect(await denied(id, 'expired')).toEqual({}); // repeated; the first reason is kept
      expect(await plane.session(id)).toMatchObject(ending);
      expect(await plane.decide(id, 'approved')).toBe('session-over');
      expect(await plane.ask('tom')).toMatchObject({ status: 201 });
    });

    it('has no reason class when a person presses NO', async () => {
      const id = await plane.requested();
      await plane.decide(id, 'declined');
      expect(await plane.connection('tom', id)).toEqual({ status: 'over', ending: 'declined', detail: '' });
    });

    it('ends in order while it runs, because the condition was revoked or is used up', async () => {
      const { id, link } = await plane.established();
      expect(await denied(id)).toEqual({});
      expect(await plane.agent.awaitRequest('terminate', id)).toMatchObject({ ending: 'denied' });
      await plane.relay.end(link, 'device', 'requested');
      await until('the terminal half to be ended', () => plane.relay.asked.includes('end-session terminal denied'));
      await plane.relay.end(link, 'terminal', 'control-plane');
      expect(await plane.session(id)).toMatchObject({ state: 'ended', ...ending });
    });

    it('names the denial if the agent has ended its half before it reports the reason', async () => {
      const { id, link } = await plane.established();
      await plane.relay.requestTermination(link.linkId, 'device');
      expect(await plane.session(id)).toMatchObject({ ending: 'ended-by-device', denial: null });
      expect(await denied(id, 'revoked')).toEqual({});
      const revoked = { ending: 'denied', denial: 'revoked', detail: DENIALS.revoked };
      expect(await plane.session(id)).toMatchObject({ state: 'halting', ...revoked });
    });

    it('keeps another ending that came first', async () => {
      const { id } = await plane.established();
      await administratorEnds(id);
      expect(await denied(id)).toBe('session-over');
      const known = { ending: 'ended-by-administrator', denial: null, detail: 'ended by ADA' };
      expect(await plane.session(id)).toMatchObject(known);
    });

    it('ends at both halves while it is being connected', async () => {
      const { id } = await plane.prepared();
      expect(await denied(id)).toEqual({});
      expect(await plane.session(id)).toMatchObject({ state: 'forcing', ...ending });
    });

    it('is denied without its reason by an agent of a later version', async () => {
      const id = await plane.requested();
      expect(await denied(id, 'because' as Denial)).toEqual({});
      expect(await plane.session(id)).toMatchObject({ state: 'ended', ending: 'denied', denial: 'no-condition' });
    });

    it('is denied by its own agent only', async () => {
      const id = await plane.requested();
      const other = await plane.streamOf(await plane.enrol('other'));
      const foreign = { remoteSessionId: id, decision: 'declined', denied: 'hours' } as const;
      expect(await other.ask(approval, foreign)).toBe('unknown-session');
      expect(await plane.session(id)).toMatchObject({ state: 'requested', denial: null });
      await other.leave();
    });
  });

  const whilePrepared: [string, (id: string, linkId: string) => Promise<unknown>, Ending][] = [
    ['cancelled', cancel, 'cancelled'],
    ['ended by an administrator', administratorEnds, 'ended-by-administrator'],
    ['ended by the terminal', (_, link) => plane.relay.requestTermination(link, 'terminal'), 'cancelled'],
    ['ended by the device', (_, link) => plane.relay.requestTermination(link, 'device'), 'ended-by-device'],
  ];
  it.each(whilePrepared)(
    'is ended at both halves by the relay if it is %s while one half is connected',
    async (_, act, ending) => {
      const { id, link } = await plane.prepared();
      await plane.relay.start(link, 'device');
      await act(id, link.linkId);
      await plane.reaches(id, 'forcing');
      await until('both halves to be ended', () =>
        [`end-session device ${ending}`, `end-session terminal ${ending}`].every((each) =>
          plane.relay.asked.includes(each),
        ),
      );
      await plane.relay.end(link, 'device', 'control-plane');
      expect(await plane.session(id)).toMatchObject({ state: 'forcing' });
      await plane.relay.end(link, 'terminal', 'never-connected');
      expect(await plane.session(id)).toMatchObject({ state: 'ended', ending, establishedAt: null });
    },
  );

  const whileEstablished: [string, (id: string, linkId: string) => Promise<unknown>, Ending][] = [
    ['its user', cancel, 'ended-by-terminal'],
    ['an administrator', administratorEnds, 'ended-by-administrator'],
    ['the device', (_, link) => plane.relay.requestTermination(link, 'device'), 'ended-by-device'],
  ];
  it.each(whileEstablished)(
    'ends at the device first, then at the terminal, if it is ended by %s',
    async (_, act, ending) => {
      const { id, link } = await plane.established();
      const before = plane.relay.asked.length;
      await act(id, link.linkId);
      expect(await plane.session(id)).toMatchObject({ state: 'halting', ending });
      if (ending !== 'ended-by-device') await plane.agent.awaitRequest('terminate', id);
      expect(plane.relay.asked.slice(before)).not.toContain(`end-session terminal ${ending}`);
      await plane.relay.end(link, 'device', 'requested');
      await until('the terminal half to be ended', () => plane.relay.asked.includes(`end-session terminal ${ending}`));
      await plane.relay.end(link, 'terminal', 'control-plane');
      expect(await plane.session(id)).toMatchObject({ state: 'ended', ending });
    },
  );

  const lost: ['device' | 'terminal', SessionState, Ending][] = [
    ['device', 'halting', 'lost-device'],
    ['terminal', 'ending', 'lost-terminal'],
  ];
  it.each(lost)('ends after the %s is lost, through the state %s', async (half, state, ending) => {
    const { id, link } = await plane.established();
    await plane.relay.end(link, half, 'lost');
    expect(await plane.session(id)).toMatchObject({ state, ending });
  });

  it('is ended by the relay at once if the agent holds no connection', async () => {
    plane.agent.answers.set('terminate', { body: { connected: false } });
    const { id } = await plane.established();
    await administratorEnds(id);
    expect(await plane.reaches(id, 'forcing')).toMatchObject({ detail: 'ended by ADA' });
    plane.agent.answers.set('terminate', { body: { connected: true } });
  });

  it('is refused for a device that is unknown, offline, or without that application', async () => {
    expect((await plane.ask('tom', 'nothing')).body.code).toBe('unknown-device');
    expect((await plane.ask('tom', 'printer', 'panel')).body.code).toBe('unknown-application');
    await plane.agent.leave();
    const offline = () => plane.ask('tom');
    await until('the agent to be offline', async () => (await offline()).body.code === 'device-offline');
    expect((await offline()).status).toBe(409);
    await plane.connectAgent();
  });

  it("reports the agent's refusal, and not that the agent is offline", async () => {
    plane.agent.answers.set('request-approval', { problem: 'unknown-application', detail: 'no such application here' });
    const { body } = await plane.ask('tom');
    expect(await plane.reaches(String(body.id), 'ended')).toMatchObject({
      ending: 'failed',
      detail: 'The agent refused: no such application here',
    });
    plane.agent.answers.delete('request-approval');
  });

  it('fails when the agent refuses the connection information', async () => {
    plane.agent.answers.set('connection-info', { problem: 'unknown-session' });
    const id = await plane.requested();
    await plane.decide(id, 'approved');
    expect(await plane.reaches(id, 'forcing')).toMatchObject({
      ending: 'failed',
      detail: 'The agent refused: unknown-session',
    });
    plane.agent.answers.delete('connection-info');
    expect(await plane.connection('tom', id)).toMatchObject({ status: 'over', ending: 'failed' });
  });

  it('is asked for again when an agent that was lost meanwhile is back', async () => {
    plane.agent.answers.set('request-approval', 'silence');
    const id = await plane.requested();
    await plane.agent.awaitRequest('request-approval', id);
    expect(await plane.connection('tom', id)).toMatchObject({ status: 'waiting', agentReached: true });
    setLimit('POLL_HELD_MS', 3_600_000);
    const held = asUser(id, 'GET', '/connection?known=requested');
    await plane.agent.leave();
    expect((await held).body).toMatchObject({ status: 'waiting', state: 'requested', agentReached: false });
    await plane.connectAgent();
    await plane.agent.awaitRequest('request-approval', id);
    expect(await plane.connection('tom', id)).toMatchObject({ status: 'waiting', agentReached: true });
    await plane.decide(id, 'approved');
    expect(await plane.reaches(id, 'prepared')).toMatchObject({ ending: null });
    await cancel(id);
  });

  it('ends as device-offline if the agent disconnects before it answers and does not return, but not afterwards', async () => {
    setLimit('XMPP_RETURN_MS', 0);
    const answered = await plane.requested('tess');
    await plane.agent.settled();
    plane.agent.answers.set('request-approval', 'silence');
    const unanswered = await plane.requested('tom');
    await plane.agent.leave();
    expect(await plane.reaches(unanswered, 'ended')).toMatchObject({ ending: 'device-offline' });
    expect(await plane.session(answered)).toMatchObject({ state: 'requested' });
    await plane.connectAgent();
    await plane.agent.awaitRequest('request-approval', answered);
  });

  it('continues when the agent reconnects before it has answered', async () => {
    plane.agent.answers.set('request-approval', 'silence');
    const id = await plane.requested();
    const earlier = plane.agent;
    await plane.connectAgent();
    await earlier.wire.closed;
    await plane.agent.awaitRequest('request-approval', id);
    expect(await plane.session(id)).toMatchObject({ state: 'requested' });
    expect(await plane.decide(id, 'approved')).toEqual({});
  });

  const refusing = (method: string) =>
    method === 'connection-info' ? Promise.reject(new RpcRefused(-32050, 'the relay is draining')) : Promise.resolve();
  const relays: [string, () => Promise<void>, RegExp][] = [
    ['is away', () => plane.relay.leave(), /No relay is connected/],
    ['refuses', () => Promise.resolve(void (plane.relay.before = refusing)), /the relay is draining/],
  ];
  it.each(relays)('fails with the reason when the relay %s', async (_, prepare, detail) => {
    const id = await plane.requested();
    await prepare();
    setLimit('PREPARE_MS', 50);
    await plane.decide(id, 'approved');
    expect(await plane.reaches(id, 'ended')).toMatchObject({
      ending: 'failed',
      detail: expect.stringMatching(detail),
    });
    expect(await plane.agent.awaitRequest('withdraw-approval', id)).toMatchObject({ ending: 'failed' });
    plane.relay.before = () => Promise.resolve();
    if (!plane.relay.isConnected) await plane.connectRelay();
  });

  it.each([
    ['is back', () => plane.relay.leave()],
    ['accepts it', () => Promise.resolve(void (plane.relay.before = refusing))],
  ])('waits after YES until the relay %s', async (_, prepare) => {
    const id = await plane.requested();
    await prepare();
    await plane.decide(id, 'approved');
    expect(await plane.session(id)).toMatchObject({ state: 'approved' });
    plane.relay.before = () => Promise.resolve();
    if (!plane.relay.isConnected) await plane.connectRelay();
    await plane.agent.awaitRequest('connection-info', id);
    const { steps } = await plane.session(id);
    expect(steps.filter(({ step }) => step === 'S145')).toHaveLength(1);
  });

  it('is not requested at the device while no relay is connected', async () => {
    await plane.relay.leave();
    const relays = async () => (await plane.call('ada', 'GET', '/relays')).body as unknown as { connected: boolean }[];
    await until('the server to notice', async () => !(await relays()).some(({ connected }) => connected));
    setLimit('RELAY_ABSENT_MS', 50);
    expect(await plane.ask('tom')).toMatchObject({ status: 503, body: { code: 'relay-unavailable' } });
    setLimit('RELAY_ABSENT_MS', 60_000);
    const asking = plane.ask('tom');
    await plane.connectRelay();
    expect(await asking).toMatchObject({ status: 201 });
  });

  it('can be ended by its own user and administrators only, and not twice', async () => {
    const id = await plane.requested('tom');
    expect((await plane.call('tess', 'POST', `/sessions/${id}/termination`)).body.code).toBe('unknown-session');
    expect((await cancel(id)).status).toBe(200);
    expect((await cancel(id)).body.code).toBe('session-over');
  });

  it('can be recorded as ended by an administrator after its end was requested, which is audited', async () => {
    const { id, link } = await plane.established();
    const override = (who: 'ada' | 'tom') =>
      plane.call(who, 'POST', `/sessions/${id}/override`, { reason: 'the agent has burnt down' });
    expect((await override('ada')).body.code).toBe('wrong-state');
    await cancel(id);
    await plane.relay.end(link, 'device', 'requested');
    expect((await override('tom')).status).toBe(403);
    expect((await override('ada')).body).toMatchObject({
      state: 'ended',
      detail: 'recorded as ended by ADA: the agent has burnt down',
      device: { endReason: 'requested' },
      terminal: { endReason: 'presumed' },
    });
    expect((await override('ada')).body.code).toBe('session-over');
    const audit = (await plane.call('ada', 'GET', '/audit')).body as { rows: { action: string; detail: string }[] };
    expect(audit.rows).toContainEqual(
      expect.objectContaining({ action: 'session.books-closed', detail: 'the agent has burnt down' }),
    );
  });

  it('is listed in pages; the last one has no cursor', async () => {
    for (let n = 0; n < 2; n += 1) await cancel(await plane.requested());
    const all = (await plane.call('tom', 'GET', '/sessions')).body as { rows: { id: string }[]; next: null };
    const read = async (size: number, cursor: string | null, ids: string[] = []): Promise<string[]> => {
      const query = cursor ? `&cursor=${cursor}` : '';
      const { body } = await plane.call('tom', 'GET', `/sessions?limit=${size}${query}`);
      const { rows, next } = body as { rows: { id: string }[]; next: string | null };
      expect(rows).not.toEqual([]);
      const found = [...ids, ...rows.map(({ id }) => id)];
      return next ? read(size, next, found) : found;
    };
    expect(all.next).toBeNull();
    for (const size of [5, all.rows.length]) expect(await read(size, null)).toEqual(all.rows.map(({ id }) => id));
  });
});
