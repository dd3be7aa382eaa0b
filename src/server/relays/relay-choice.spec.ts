import { ControlPlane } from '../../../test/support/server/control-plane';
import type { ScriptedRelay } from '../../../test/support/relay/scripted-relay';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import type { RelayPreference } from '../../protocol/relay-choice';
import { RpcRefused } from '../../tunnel/json-rpc.errors';

describe('the relay of a session', () => {
  let plane: ControlPlane;
  let east: ScriptedRelay;
  beforeAll(async () => {
    plane = await ControlPlane.start();
  });
  beforeEach(async () => {
    east = await plane.anotherRelay('east', { region: 'eu' });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await prefer(null);
    await change('local', { region: null, limit: null });
    await east.leave();
    await plane.clear();
  });
  afterAll(() => plane?.stop());

  const prefer = (preference: RelayPreference | null) =>
    plane.call('ada', 'PUT', `/sites/${plane.siteId}/relay-preference`, { preference });
  const change = (id: string, body: object) => plane.call('ada', 'PATCH', `/relays/${id}`, body);
  const relays = async () => (await plane.call('ada', 'GET', '/relays')).body as unknown as Record<string, unknown>[];
  const relayOf = async (id: string) => (await plane.session(id)).relay;
  /** A session that has got its relay. */
  const chosen = async (who: 'tom' | 'tess' = 'tom') => {
    const id = await plane.requested(who);
    await plane.decide(id, 'approved');
    await plane.reaches(id, 'prepared');
    return id;
  };

  it('is of the preferred region, and the reason is stored with the session', async () => {
    await prefer({ region: 'eu', only: false });
    const id = await chosen();
    expect(await relayOf(id)).toEqual({
      ...{ relayId: 'east', region: 'eu', sessions: 0, limit: 3_000 },
      preferred: { region: 'eu', only: false },
      comparedWith: null,
      passedOver: [{ relayId: 'local', because: 'region' }],
    });
    expect(await relays()).toEqual([
      expect.objectContaining({ id: 'east', region: 'eu', ownRegion: 'eu', setRegion: null, sessions: 1, load: null }),
      expect.objectContaining({ id: 'local', region: null, sessions: 0 }),
    ]);
  });

  it('is of the region of the customer if the site has none, and of the region that an administrator has set', async () => {
    const customers = (await plane.call('ada', 'GET', '/customers')).body as unknown as { id: string }[];
    const path = `/customers/${customers[0]!.id}/relay-preference`;
    await plane.call('ada', 'PUT', path, { preference: { region: 'north', only: true } });
    setLimit('RELAY_ABSENT_MS', 50);
    expect(await plane.ask('tom')).toMatchObject({ status: 503, body: { code: 'no-relay-in-region' } });
    await change('local', { region: 'north' });
    expect(await relayOf(await chosen())).toMatchObject({ relayId: 'local', region: 'north' });
    await plane.call('ada', 'PUT', path, { preference: null });
  });

  it('is never of another region if only one is permitted: the session fails with the reason', async () => {
    await prefer({ region: 'eu', only: true });
    setLimit('PREPARE_MS', 600);
    const id = await plane.requested('tom');
    await east.leave();
    await plane.decide(id, 'approved');
    expect(await plane.reaches(id, 'ended')).toMatchObject({
      ending: 'failed',
      detail: 'Sessions with this site may only use relays in the region eu, and none of them accepts new sessions.',
    });
    expect(plane.relay.links.size).toBe(0);
    setLimit('RELAY_ABSENT_MS', 50);
    expect(await plane.ask('tom')).toMatchObject({ status: 503, body: { code: 'no-relay-in-region' } });
  });

  it('is another one than the one that has just failed, for a while', async () => {
    await prefer({ region: 'eu', only: false });
    east.before = (method) =>
      method === 'connection-info' ? Promise.reject(new RpcRefused(-32053, 'no pair')) : Promise.resolve();
    expect(await relayOf(await chosen('tom'))).toMatchObject({
      relayId: 'local',
      passedOver: [{ relayId: 'east', because: 'failed' }],
    });
    const asked = () => east.asked.filter((method) => method === 'connection-info').length;
    expect(asked()).toBe(1);
    expect(await relayOf(await chosen('tess'))).toMatchObject({
      relayId: 'local',
      passedOver: [{ relayId: 'east', because: 'failed-lately' }],
    });
    expect(asked()).toBe(1);
  });

  it('is not decided by what a relay claims: its sessions are counted here, and its limit is bounded', async () => {
    await change('local', { limit: 1 });
    await change('east', { limit: 1 });
    await east.reportLoad({ sessions: 0, limit: 100_000 });
    await plane.relay.reportLoad({ sessions: 0, limit: 100_000 });
    const ids = [await chosen('tom'), await chosen('tess')];
    expect((await Promise.all(ids.map(relayOf))).map((relay) => relay?.relayId).sort()).toEqual(['east', 'local']);
    setLimit('RELAY_ABSENT_MS', 50);
    expect(await plane.ask('tom')).toMatchObject({ status: 503, body: { code: 'relay-unavailable' } });
    expect(await relays()).toMatchObject([
      { id: 'east', sessions: 1, limit: 1, setLimit: 1, obstacle: 'full', load: { sessions: 0, limit: 100_000 } },
      { id: 'local', sessions: 1, limit: 1, obstacle: 'full' },
    ]);
    await change('east', { limit: null });
  });

  it('is none that is silent, until it reports again', async () => {
    await prefer({ region: 'eu', only: true });
    await east.reportLoad();
    setLimit('RELAY_LOAD_LEAST_MS', 0);
    setLimit('RELAY_ABSENT_MS', 50);
    setLimit('RELAY_SILENT_MS', -1);
    expect(await plane.ask('tom')).toMatchObject({ status: 503, body: { code: 'no-relay-in-region' } });
    expect(await relays()).toMatchObject([{ id: 'east', obstacle: 'silent' }, { id: 'local' }]);
    setLimit('RELAY_SILENT_MS', 600_000);
    await east.reportLoad({ sessions: 4 });
    expect(await relayOf(await chosen())).toMatchObject({ relayId: 'east', sessions: 4 });
  });

  it('keeps region, limit and sessions when the server is started again', async () => {
    await prefer({ region: 'eu', only: true });
    await change('east', { limit: 7 });
    await chosen();
    await plane.halt();
    await plane.boot();
    expect(await relays()).toMatchObject([
      { id: 'east', region: 'eu', limit: 7, sessions: 1, connected: false, obstacle: 'not-connected' },
      { id: 'local', connected: false },
    ]);
    await plane.connectAgent();
    await plane.connectRelay(plane.relay);
    east = await plane.anotherRelay('east', { region: 'eu', earlier: east });
    await until('both relays', async () => (await relays()).every(({ connected }) => connected));
    await change('east', { limit: null });
  });
});
