import { ControlPlane } from '../../../test/support/server/control-plane';
import { setLimit } from '../../../test/support/relay/test-relay';
import { HALVES, type SessionState } from '../../protocol/remote-session';

describe('a restarted server', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    setLimit('RELAY_WATCH_MS', 100);
    plane = await ControlPlane.start();
  });
  afterAll(async () => {
    await plane?.stop();
    jest.restoreAllMocks();
  });
  afterEach(() => plane.clear());

  /** Agent and relay lose the server, and reconnect. */
  const restart = async (whileAway: () => Promise<void> = () => Promise.resolve()) => {
    const { relay } = plane;
    await plane.halt();
    await relay.closed;
    await whileAway();
    await plane.boot();
    await plane.connectRelay(relay);
    await plane.connectAgent();
  };

  it('repeats the approval request, and continues', async () => {
    const id = await plane.requested();
    await restart();
    await plane.agent.awaitRequest('request-approval', id);
    await plane.decide(id, 'approved');
    await plane.agent.awaitRequest('connection-info', id);
    expect(await plane.connection('tom', id)).toMatchObject({ status: 'ready' });
  });

  it('ends a session that it was preparing, because neither half knows of it', async () => {
    const id = await plane.requested();
    let asked = () => undefined as void;
    const waiting = new Promise<void>((resolve) => (asked = resolve));
    plane.relay.before = () => {
      asked();
      return new Promise(() => undefined);
    };
    await plane.decide(id, 'approved');
    await waiting;
    await restart();
    // recorded either by the server that stops, or by the one that starts
    expect(await plane.session(id)).toMatchObject({
      state: 'ended',
      ending: 'failed',
      detail: expect.stringMatching(/the connection closed before the answer came|restarted/),
    });
  });

  it('lets both halves of a prepared session connect', async () => {
    const { id, link, device } = await plane.prepared();
    await restart();
    expect(await plane.connection('tom', id)).toMatchObject({ status: 'ready' });
    expect(await plane.relay.authenticate(link.linkId, 'device', device.token)).toMatchObject({ outcome: 'permitted' });
    for (const half of HALVES) await plane.relay.start(link, half);
    expect(await plane.session(id)).toMatchObject({ state: 'established' });
  });

  const later: [SessionState, (id: string, linkId: string) => Promise<unknown>][] = [
    ['established', () => Promise.resolve()],
    ['ending', (_, linkId) => plane.relay.requestTermination(linkId, 'terminal')],
    ['halting', (_, linkId) => plane.relay.requestTermination(linkId, 'device')],
  ];
  it.each(later)('accepts the logs of a session that is %s', async (state, act) => {
    const { id, link } = await plane.established();
    await act(id, link.linkId);
    expect(await plane.session(id)).toMatchObject({ state });
    await restart();
    expect(await plane.session(id)).toMatchObject({ state });
    for (const half of HALVES) await plane.relay.end(link, half, 'requested');
    expect(await plane.session(id)).toMatchObject({ state: 'ended' });
  });

  it.each(['terminal', 'device'] as const)('repeats the request to the agent to end its half: %s', async (asks) => {
    const { id, link } = await plane.established();
    await plane.relay.requestTermination(link.linkId, asks);
    await restart();
    expect(await plane.agent.awaitRequest('terminate', id)).toMatchObject({ ending: `ended-by-${asks}` });
    for (const half of HALVES) await plane.relay.end(link, half, 'requested');
    expect(await plane.session(id)).toMatchObject({ state: 'ended', ending: `ended-by-${asks}` });
  });

  it('gives the agent the full time again to end its half', async () => {
    const { id, link } = await plane.established();
    await plane.relay.requestTermination(link.linkId, 'terminal');
    await restart(() => plane.overdue(id));
    for (const half of HALVES) await plane.relay.end(link, half, 'requested');
    expect(plane.relay.asked.filter((asked) => asked.startsWith('end-session'))).toEqual([]);
    expect(await plane.session(id)).toMatchObject({ state: 'ended', device: { endReason: 'requested' } });
  });

  it.each([
    ['both starts', 'established', (sql: Sql) => sql(`"deviceHalf" = 'connected', "terminalHalf" = 'connected'`)],
    ['an end', 'halting', (sql: Sql) => sql(`"deviceHalf" = 'ended'`)],
    ['both ends', 'ended', (sql: Sql) => sql(`"deviceHalf" = 'ended', "terminalHalf" = 'ended'`)],
  ] as const)('applies %s that it had stored before the restart', async (what, state, store) => {
    const { id } = what === 'both starts' ? await plane.prepared() : await plane.established();
    await restart(async () =>
      store((columns) => plane.write(`UPDATE remote_sessions SET ${columns} WHERE id = '${id}'`)),
    );
    expect(await plane.reaches(id, state)).toMatchObject({ state });
  });

  describe('after deadlines have passed', () => {
    beforeAll(async () => {
      await plane.halt();
      plane.change({ PLATEN_HALF_END_SECONDS: '0.3' });
      await plane.boot();
      await plane.connectRelay();
      await plane.connectAgent();
    });

    it('expires a request without an answer', async () => {
      const id = await plane.requested();
      await restart(() => plane.overdue(id));
      expect(await plane.reaches(id, 'ended')).toMatchObject({ ending: 'expired' });
      expect(await plane.decide(id, 'approved')).toBe('session-over');
    });

    it('expires a session without a connected half, and issues no connection information', async () => {
      const { id, link, terminal } = await plane.prepared();
      await restart(() => plane.overdue(id));
      expect(await plane.reaches(id, 'forcing')).toMatchObject({ ending: 'expired' });
      expect(await plane.connection('tom', id)).toMatchObject({ status: 'over', ending: 'expired' });
      const refused = { outcome: 'refused', code: 'token-expired' };
      expect(await plane.relay.authenticate(link.linkId, 'terminal', terminal.token)).toEqual(refused);
    });

    it('halts an expired session, forces a half that does not end, and presumes the end logs', async () => {
      const { id } = await plane.established();
      plane.change({ PLATEN_END_LOG_SECONDS: '0.3' });
      setLimit('RELAY_SETTLE_MS', 0);
      plane.relay.links.clear();
      await restart(() => plane.overdue(id));
      expect(await plane.reaches(id, 'ended')).toMatchObject({
        ending: 'expired',
        device: { endReason: 'presumed' },
        terminal: { endReason: 'presumed' },
      });
    });

    it('gives the relay time to report before it presumes the end logs', async () => {
      const { id, link } = await plane.prepared();
      plane.change({ PLATEN_END_LOG_SECONDS: '60' });
      setLimit('RELAY_SETTLE_MS', 60_000); // it may be slow
      await plane.call('tom', 'POST', `/sessions/${id}/termination`);
      await restart(() => plane.overdue(id));
      for (const half of HALVES) await plane.relay.end(link, half, 'control-plane');
      expect(await plane.session(id)).toMatchObject({ state: 'ended', ending: 'cancelled' });
      expect(await plane.logs(id)).toEqual(['device end control-plane', 'terminal end control-plane']);
    });
  });
});

type Sql = (columns: string) => Promise<void>;
