import { ControlPlane } from '../../../test/support/server/control-plane';
import type { ScriptedRelay } from '../../../test/support/relay/scripted-relay';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { HALVES } from '../../protocol/remote-session';

describe('several runs of one relay', () => {
  let plane: ControlPlane;
  let present: ScriptedRelay;
  beforeAll(async () => {
    setLimit('RELAY_WATCH_MS', 50);
    plane = await ControlPlane.start();
  });
  afterAll(async () => {
    await plane?.stop();
    jest.restoreAllMocks();
  });
  beforeEach(() => {
    setLimit('RELAY_SETTLE_MS', 0);
    present = plane.relay;
  });
  afterEach(async () => {
    for (const relay of [present, plane.relay])
      for (const link of relay.links.values()) for (const half of HALVES) await plane.relay.end(link, half, 'lost');
    await plane.clear();
    if (present !== plane.relay) await present.leave();
  });

  const next = () => plane.anotherRelay('local', { standing: 'candidate' });
  const takesOver = async (relay: ScriptedRelay) => {
    plane.relay = relay;
    await relay.announce('serving');
  };
  const compared = (relay: ScriptedRelay) => {
    const before = relay.asked.filter((what) => what === 'list-sessions').length;
    const looks = () => relay.asked.filter((what) => what === 'list-sessions').length;
    return until('two more comparisons', () => looks() >= before + 2);
  };

  it('a candidate gets no session, and causes no presumed end log', async () => {
    const { id } = await plane.established();
    const candidate = await next();
    await plane.decide(await plane.requested('tess'), 'approved');
    await until('the link at the present run', () => present.links.size === 2);
    await compared(present);
    expect(candidate.asked).toEqual([]);
    expect(await plane.session(id)).toMatchObject({ state: 'established' });
    await candidate.leave();
  });

  it('a session of the earlier run is compared and ended at that run', async () => {
    const { id, link } = await plane.established();
    const later = await next();
    await takesOver(later);
    Object.assign(link, { bytesFromDevice: 9_000 });
    await until('its bytes', async () => (await plane.session(id)).bytesFromDevice === 9_000);
    await plane.decide(await plane.requested('tess'), 'approved');
    await until('the new link at the later run', () => later.links.size === 1);
    expect(present.links.size).toBe(1);

    await plane.call('ada', 'POST', `/sessions/${id}/termination`);
    await present.end(link, 'device', 'requested');
    await until('the end', () => present.asked.includes('end-session terminal ended-by-administrator'));
    await present.end(link, 'terminal', 'control-plane');
    expect(await plane.reaches(id, 'ended')).toMatchObject({ terminal: { endReason: 'control-plane' } });
  });

  it('a session is not lost while the later run may still take over the log of the earlier one', async () => {
    setLimit('RELAY_SETTLE_MS', 60_000);
    const { id, link } = await plane.established();
    const later = await next();
    await takesOver(later);
    await present.leave();
    await compared(later);
    expect(await plane.session(id)).toMatchObject({ state: 'established' });
    for (const half of HALVES) await later.end(link, half, 'relay-restarted');
    expect(await plane.reaches(id, 'ended')).toMatchObject({ device: { endReason: 'relay-restarted' } });
  });

  it('a session is lost after that time', async () => {
    const { id } = await plane.established();
    await takesOver(await next());
    await present.leave();
    expect(await plane.reaches(id, 'ended')).toMatchObject({ device: { endReason: 'presumed' } });
  });

  it('an earlier run that reconnects gets no new session', async () => {
    const later = await next();
    await takesOver(later);
    await present.leave();
    present = await plane.anotherRelay('local', { earlier: present });
    await plane.decide(await plane.requested(), 'approved');
    await until('the link at the later run', () => later.links.size === 1);
    expect(present.links.size).toBe(0);
  });

  it('appear as one row in the list of relays', async () => {
    await takesOver(await next());
    expect((await plane.call('ada', 'GET', '/relays')).body).toMatchObject([
      { id: 'local', connected: true, draining: false, driver: 'none' },
    ]);
  });
});
