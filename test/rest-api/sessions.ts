import { z } from 'zod';
import { browserAccess, relay, session, sessionConnection, sessionWithSteps } from '../../src/protocol/api';
import { announce, approval } from '../../src/protocol/control-channel';
import { STEPS } from '../../src/protocol/steps';
import { announcedPrinter } from '../support/server/control-plane';
import { itRefuses, UNKNOWN_ID, type RestApi } from '../support/server/rest-api';
import { setLimit } from '../support/relay/test-relay';
import { until } from '../support/until';

const wanted = { deviceId: 'printer', applicationId: 'web', reason: 'paper jam' };

export function describeSessions(api: () => RestApi): void {
  describe('sessions', () => {
    afterEach(() => jest.restoreAllMocks());
    afterEach(() => api().plane.clear());
    const request = (who: 'tom' | 'tess') =>
      api().answers(who, 'POST /api/sessions', session, { body: { ...wanted, minutes: 30 } }, 201);

    it('are requested, shown with their steps, and cancelled', async () => {
      const requested = await request('tom');
      expect(requested).toMatchObject({ ...wanted, minutes: 30, state: 'requested', ending: null });
      const params = { id: requested.id };
      const step = await until('the first step', async () => {
        const { steps } = await api().answers('tess', 'GET /api/sessions/:id', sessionWithSteps, { params });
        return steps[0];
      });
      expect(step).toEqual({ at: expect.any(String), step: 'S141', text: STEPS.S141, detail: '', decision: null });
      await api().refuses('tess', 'POST /api/sessions/:id/termination', '404 unknown-session', { params });
      const cancelled = await api().answers('tom', 'POST /api/sessions/:id/termination', session, { params });
      expect(cancelled.ending).toBe('cancelled');
      const over = await api().answers('tom', 'GET /api/sessions/:id/connection', sessionConnection, { params });
      expect(over).toMatchObject({ status: 'over', ending: 'cancelled' });
      await api().refuses('tom', 'POST /api/sessions/:id/termination', '409 session-over', { params });
      await api().refuses('tom', 'POST /api/sessions/:id/browser', '409 session-over', { params });
    });

    it('give the connection to the user who requested them, once approved', async () => {
      const { id } = await request('tom');
      const params = { id };
      const connection = () => api().answers('tom', 'GET /api/sessions/:id/connection', sessionConnection, { params });
      expect(await connection()).toMatchObject({ status: 'waiting', state: 'requested' });
      await api().refuses('tess', 'GET /api/sessions/:id/connection', '404 unknown-session', { params });
      await api().refuses('tom', 'POST /api/sessions/:id/browser', '409 wrong-state', { params });
      await api().plane.agent.awaitRequest('request-approval', id);
      await api().plane.decide(id, 'approved');
      await api().plane.agent.awaitRequest('connection-info', id);
      expect(await connection()).toMatchObject({ status: 'ready' });
    });

    it('are one for each user and device', async () => {
      await request('tom');
      await api().refuses('tom', 'POST /api/sessions', '409 session-exists', { body: wanted });
    });

    it('wait for an answer at one device a few at a time', async () => {
      setLimit('REQUESTS_PER_DEVICE', 1);
      const { id } = await request('tom');
      await api().refuses('tess', 'POST /api/sessions', '409 requests-waiting', { body: wanted });
      await api().answers('tom', 'POST /api/sessions/:id/termination', session, { params: { id } });
      await request('tess');
    });

    it('have a reason that is shown as it is stored', async () => {
      const reason = (text: string) => ({ body: { ...wanted, reason: text } });
      await api().refuses('tom', 'POST /api/sessions', '400 invalid-request', reason('\u202e\u200b\u3164'));
      const shown = reason(' paper\u200b jam\n\u202eyart 2');
      const requested = await api().answers('tom', 'POST /api/sessions', session, shown, 201);
      expect(requested.reason).toBe('paper jam yart 2');
    });

    it('are closed by an administrator when their halves cannot report', async () => {
      const { id } = await api().plane.established('tom');
      const call = { params: { id }, body: { reason: 'the relay burnt down' } };
      await api().refuses('ada', 'POST /api/sessions/:id/override', '409 wrong-state', call);
      await api().answers('tom', 'POST /api/sessions/:id/termination', session, call);
      const closed = await api().answers('ada', 'POST /api/sessions/:id/override', session, call);
      expect(closed).toMatchObject({ state: 'ended' });
      await api().refuses('ada', 'POST /api/sessions/:id/override', '409 session-over', call);
    });

    it('are listed in pages, filtered by state, device and requester', async () => {
      await request('tom');
      await request('tess');
      const all = await api().pages('tom', 'GET /api/sessions', session, { deviceId: 'printer' });
      const live = await api().pages('tom', 'GET /api/sessions', session, { state: 'live' });
      const ended = await api().pages('tom', 'GET /api/sessions', session, { state: 'ended' });
      expect(live.map(({ user }) => user.username).sort()).toEqual(['tess', 'tom']);
      expect([...live, ...ended].map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
      expect(await api().pages('tom', 'GET /api/sessions', session, { deviceId: 'away' })).toEqual([]);
      const { id: userId } = live.find(({ user }) => user.username === 'tess')!.user;
      const own = await api().pages('tom', 'GET /api/sessions', session, { state: 'live', userId });
      expect(own.map(({ user }) => user.username)).toEqual(['tess']);
    });

    it('that cannot be connected for a browser are refused, and ended', async () => {
      setLimit('DIAL_TIMEOUT_MS', 0);
      const { id } = await api().plane.prepared('tom');
      await api().refuses('tom', 'POST /api/sessions/:id/browser', '503 relay-unavailable', { params: { id } });
      expect(await api().plane.session(id)).toMatchObject({
        ending: 'failed',
        detail: expect.stringMatching(/^the relay cannot be reached: \S/),
      });
    });

    it('with a document box are not for a browser', async () => {
      const { plane } = api();
      const stream = await plane.streamOf(await plane.enrol('boxes'));
      const applications = [{ id: 'box', title: 'Document boxes', protocol: 'box' as const, viewable: false }];
      await stream.ask(announce, { agentVersion: '1', devices: [{ ...announcedPrinter('archive'), applications }] });
      const { id } = session.parse((await plane.ask('tom', 'archive', 'box')).body);
      await stream.awaitRequest('request-approval', id);
      await stream.ask(approval, { remoteSessionId: id, decision: 'approved' });
      await stream.awaitRequest('connection-info', id);
      const refused = await api().refuses('tom', 'POST /api/sessions/:id/browser', '501 browser-access-unavailable', {
        params: { id },
      });
      expect(refused.detail).toMatch(/platen connect archive box/);
      await plane.clear();
      await stream.leave();
    });

    const body = (change: object) => ({ body: { ...wanted, ...change } });
    const unknown = { params: { id: UNKNOWN_ID } };
    const reason = { body: { reason: 'it is over' } };
    itRefuses(api, [
      ['an unknown device', 'tom', 'POST /api/sessions', '404 unknown-device', body({ deviceId: 'no-such-device' })],
      ['an unknown application', 'tom', 'POST /api/sessions', '404 unknown-application', body({ applicationId: 'x' })],
      ['a device that is offline', 'tom', 'POST /api/sessions', '409 device-offline', body({ deviceId: 'away' })],
      ['a blank reason', 'tom', 'POST /api/sessions', '400 invalid-request', body({ reason: ' ' })],
      ['a session of no time', 'tom', 'POST /api/sessions', '400 invalid-request', body({ minutes: 0 })],
      ['a session of days', 'tom', 'POST /api/sessions', '400 invalid-request', body({ minutes: 100_000 })],
      ['an unknown field', 'tom', 'POST /api/sessions', '400 invalid-request', body({ grant: 'view' })],
      ['an unknown session', 'tom', 'GET /api/sessions/:id', '404 unknown-session', unknown],
      ['its connection', 'tom', 'GET /api/sessions/:id/connection', '404 unknown-session', unknown],
      ['its end', 'tom', 'POST /api/sessions/:id/termination', '404 unknown-session', unknown],
      ['its override', 'ada', 'POST /api/sessions/:id/override', '404 unknown-session', { ...unknown, ...reason }],
      [
        'an override by a technician',
        'tom',
        'POST /api/sessions/:id/override',
        '403 forbidden',
        { ...unknown, ...reason },
      ],
      [
        'an override without a reason',
        'ada',
        'POST /api/sessions/:id/override',
        '400 invalid-request',
        { ...unknown, body: {} },
      ],
      ['an unknown state', 'tom', 'GET /api/sessions', '400 invalid-request', { query: { state: 'sleeping' } }],
      ['a browser for an unknown session', 'tom', 'POST /api/sessions/:id/browser', '404 unknown-session', unknown],
      [
        'a browser for a session by name',
        'tom',
        'POST /api/sessions/:id/browser',
        '400 invalid-request',
        { params: { id: 'x' } },
      ],
      [
        'to end a browser session that is not open',
        'tom',
        'DELETE /api/sessions/:id/browser',
        '404 unknown-session',
        unknown,
      ],
    ]);
  });
}

export function describeRelays(api: () => RestApi): void {
  describe('relays', () => {
    it('are listed', async () => {
      expect(await api().answers('ada', 'GET /api/relays', z.array(relay))).toEqual([
        expect.objectContaining({ id: 'local', connected: true, draining: false, driver: 'local' }),
      ]);
    });

    it('get a region and a limit, are drained and taken back', async () => {
      const params = { id: 'local' };
      const change = (body: object) => api().answers('ada', 'PATCH /api/relays/:id', relay, { params, body });
      expect(await change({ region: 'eu', limit: 40 })).toMatchObject({ region: 'eu', setRegion: 'eu', limit: 40 });
      expect(await change({ region: null, limit: null })).toMatchObject({ region: null, setLimit: null });
      const drained = await api().answers('ada', 'PUT /api/relays/:id/drain', relay, { params });
      expect(drained).toMatchObject({ drain: { by: 'ada' }, obstacle: 'drained', removedAt: null });
      const again = await api().answers('ada', 'PUT /api/relays/:id/drain', relay, { params });
      expect(again.drain).toEqual(drained.drain);
      await api().refuses('ada', 'DELETE /api/relays/:id', '409 wrong-state', { params });
      const back = await api().answers('ada', 'DELETE /api/relays/:id/drain', relay, { params });
      expect(back).toMatchObject({ drain: null, obstacle: null });
    });

    it('are removed when they are drained and empty, and then refused', async () => {
      const params = { id: 'west' };
      const west = await api().plane.anotherRelay('west');
      const { closed } = west;
      await api().answers('ada', 'PUT /api/relays/:id/drain', relay, { params });
      await api().succeeds('ada', 'DELETE /api/relays/:id', { params });
      await closed;
      await expect(api().plane.anotherRelay('west')).rejects.toThrow('401');
    });

    const unknown = { params: { id: 'no-such-relay' } };
    itRefuses(api, [
      ['the region of an unknown relay', 'ada', 'PATCH /api/relays/:id', '404 unknown-relay', { ...unknown, body: {} }],
      ['a drain of an unknown relay', 'ada', 'PUT /api/relays/:id/drain', '404 unknown-relay', unknown],
      ['to take back an unknown relay', 'ada', 'DELETE /api/relays/:id/drain', '404 unknown-relay', unknown],
      ['to remove an unknown relay', 'ada', 'DELETE /api/relays/:id', '404 unknown-relay', unknown],
      [
        'a region without a name',
        'ada',
        'PATCH /api/relays/:id',
        '400 invalid-request',
        { params: { id: 'local' }, body: { region: ' ' } },
      ],
      [
        'a limit of no session',
        'ada',
        'PATCH /api/relays/:id',
        '400 invalid-request',
        { params: { id: 'local' }, body: { limit: 0 } },
      ],
    ]);

    it('may offer sessions in the browser', async () => {
      expect(await api().answers('tom', 'GET /api/browser-access', browserAccess)).toEqual({ available: true });
    });
  });
}
