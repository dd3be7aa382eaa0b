import { ControlPlane } from '../../../test/support/server/control-plane';
import type { ScriptedRelay } from '../../../test/support/relay/scripted-relay';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { HALVES } from '../../protocol/remote-session';

type Listed = Record<string, unknown> & { id: string };

describe('a relay that an administrator drains', () => {
  let plane: ControlPlane;
  let east: ScriptedRelay;
  beforeAll(async () => {
    plane = await ControlPlane.start();
    east = await plane.anotherRelay('east');
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await east?.leave();
    await plane?.stop();
  });

  const relay = (method: string, path: string) => plane.call('ada', method, `/relays/${path}`);
  const listed = async (id: string): Promise<Listed> =>
    ((await plane.call('ada', 'GET', '/relays')).body as unknown as Listed[]).find((each) => each.id === id)!;
  const audited = async () =>
    (
      (await plane.call('ada', 'GET', '/audit?limit=20')).body.rows as {
        action: string;
        target: string;
        detail: string;
      }[]
    )
      .filter(({ action }) => action.startsWith('relay.'))
      .map(({ action, target, detail }) => `${action} ${target} ${detail}`.trim())
      .reverse();

  it('keeps its sessions, gets no new ones, also after a restart of both, and is removed when it is empty', async () => {
    await relay('PUT', 'east/drain');
    const { id, link } = await plane.established('tom');
    await relay('DELETE', 'east/drain');
    await relay('PUT', 'local/drain');
    expect(await listed('local')).toMatchObject({ obstacle: 'drained', sessions: 1, drain: { by: 'ada' } });
    expect(plane.relay.drained).toMatchObject({ draining: false });

    await plane.halt();
    await plane.boot();
    await plane.connectAgent();
    east = await plane.anotherRelay('east', { earlier: east });
    await plane.connectRelay(plane.relay);
    expect(await listed('local')).toMatchObject({ obstacle: 'drained', sessions: 1, connected: true });
    expect(await plane.session(id)).toMatchObject({ state: 'established', relay: { relayId: 'local' } });
    const other = await plane.requested('tess');
    await plane.decide(other, 'approved');
    await plane.reaches(other, 'prepared');
    expect(await plane.session(other)).toMatchObject({ relay: { relayId: 'east' } });

    expect(await relay('DELETE', 'local')).toMatchObject({
      status: 409,
      body: { detail: 'Relay local has open sessions: 1. Drain it, and wait until they have ended.' },
    });
    for (const half of HALVES) await plane.relay.end(link, half, 'requested');
    await plane.reaches(id, 'ended');
    expect(await listed('local')).toMatchObject({ sessions: 0 });
    const { closed } = plane.relay;
    expect((await relay('DELETE', 'local')).status).toBe(204);
    await closed;
    await expect(plane.connectRelay(plane.relay)).rejects.toThrow('401');
    expect(await listed('local')).toMatchObject({ removedAt: expect.any(String), connected: false });

    expect(await relay('DELETE', 'local/drain')).toMatchObject({ status: 200, body: { removedAt: null, drain: null } });
    await plane.connectRelay(plane.relay);
    await until('it to serve', async () => (await listed('local')).obstacle === null);
    expect(await audited()).toEqual([
      'relay.drained east open sessions: 0',
      'relay.taken-back east',
      'relay.drained local open sessions: 1',
      'relay.removed local',
      'relay.taken-back local',
    ]);
    await plane.clear();
  });

  it('may be one more than this server remembers', async () => {
    setLimit('RELAYS', 1);
    const beyond = await plane.anotherRelay('beyond');
    expect(await listed('beyond')).toMatchObject({ connected: true, drain: null });
    expect(await relay('PUT', 'beyond/drain')).toMatchObject({ status: 200, body: { obstacle: 'drained' } });
    await beyond.leave();
    await until('it to be gone', async () => !(await listed('beyond')).connected);
    expect(await listed('beyond')).toMatchObject({ drain: { by: 'ada' }, lastSeenAt: expect.any(String) });
    expect((await relay('PUT', 'nowhere/drain')).status).toBe(404);
    expect((await relay('DELETE', 'beyond')).status).toBe(204);
  });

  it('cannot be the last one that a request waits for: the request is refused before anybody is asked', async () => {
    setLimit('RELAY_ABSENT_MS', 50);
    for (const id of ['local', 'east']) await relay('PUT', `${id}/drain`);
    expect(await plane.ask('tom')).toMatchObject({
      status: 503,
      body: { code: 'relays-drained', detail: expect.stringContaining('drained every connected relay') },
    });
    for (const id of ['local', 'east']) await relay('DELETE', `${id}/drain`);
  });

  it('is not removed while it is in service', async () => {
    expect(await relay('DELETE', 'east')).toMatchObject({
      status: 409,
      body: { detail: 'Relay east is in service. Drain it first.' },
    });
  });
});
