import { randomUUID } from 'node:crypto';
import { ControlPlane } from '../../../test/support/server/control-plane';
import { endLog, startLog } from '../../../test/support/relay/scripted-relay';
import { HALVES, type Half } from '../../protocol/remote-session';

const ROUNDS = 20;

describe('the logs of the halves', () => {
  let plane: ControlPlane;
  beforeAll(async () => (plane = await ControlPlane.start()));
  afterAll(() => plane?.stop());
  afterEach(() => plane.clear());

  it('may be repeated', async () => {
    const { id, link } = await plane.prepared();
    const start = startLog(link, 'device');
    const end = endLog(link, 'device', 'lost');
    for (const log of [start, start, end, start, end]) expect(await plane.relay.report(log)).toEqual({ known: true });
    await Promise.all([end, end, start].map((log) => plane.relay.report(log)));
    expect(await plane.logs(id)).toEqual(['device start', 'device end lost']);
    expect(await plane.session(id)).toMatchObject({ state: 'forcing', ending: 'lost-device' });
  });

  it('may arrive in any order: a start after the end does not open the half', async () => {
    const { id, link } = await plane.prepared();
    await plane.relay.start(link, 'terminal');
    await plane.relay.report(endLog(link, 'device', 'lost'));
    await plane.relay.report(startLog(link, 'device'));
    expect(await plane.session(id)).toMatchObject({
      state: 'forcing',
      establishedAt: null,
      device: { state: 'ended', startedAt: expect.any(String) },
    });
    await plane.relay.end(link, 'terminal', 'control-plane');
    expect(await plane.session(id)).toMatchObject({ state: 'ended', ending: 'lost-device' });
  });

  it('leave a half ended if its start and end are reported concurrently', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id, link } = await plane.prepared();
      const logs = [startLog(link, 'device'), endLog(link, 'device', 'lost')];
      await Promise.all(logs.map((log) => plane.relay.report(log)));
      expect(await plane.session(id)).toMatchObject({ device: { state: 'ended' }, state: 'forcing' });
      await plane.relay.end(link, 'terminal', 'never-connected');
    }
  });

  it('of an unknown link are acknowledged, so that the relay does not repeat them', async () => {
    const { link } = await plane.prepared();
    expect(await plane.relay.report(endLog({ ...link, linkId: randomUUID() }, 'device', 'lost'))).toEqual({
      known: false,
    });
  });

  it.each<[string, (hashes: Record<Half, string | null>) => string | null]>([
    ['the token of the other half', ({ terminal }) => terminal],
    ['an unknown token', () => 'x'.repeat(43)],
    ['no token', () => null],
  ])('with %s are acknowledged and change nothing', async (_what, hashOf) => {
    const { id, link } = await plane.prepared();
    const wrong = { ...link, tokenHashes: { ...link.tokenHashes, device: hashOf(link.tokenHashes) } };
    expect(await plane.relay.report(startLog(wrong, 'device'))).toEqual({ known: false });
    expect(await plane.logs(id)).toEqual([]);
    await plane.relay.start(link, 'device');
    expect(await plane.relay.report(endLog(wrong, 'device', 'lost'))).toEqual({ known: false });
    expect(await plane.logs(id)).toEqual(['device start']);
    expect(await plane.session(id)).toMatchObject({ ending: null, device: { state: 'connected' } });
  });

  it('of a half that never presented its token name none', async () => {
    const { id, link } = await plane.prepared();
    const never = { ...link, tokenHashes: { device: null, terminal: null } };
    expect(await plane.relay.report(endLog(never, 'device', 'never-connected'))).toEqual({ known: true });
    expect(await plane.logs(id)).toEqual(['device end never-connected']);
  });

  it('replace presumed logs, and byte counts never decrease', async () => {
    const { id, link } = await plane.established();
    await plane.call('ada', 'POST', `/sessions/${id}/termination`);
    await plane.call('ada', 'POST', `/sessions/${id}/override`, { reason: 'test' });
    expect(await plane.session(id)).toMatchObject({ state: 'ended', device: { endReason: 'presumed' } });
    await plane.relay.end(link, 'device', 'lost');
    const restarted = endLog(link, 'device', 'relay-restarted');
    await plane.relay.report({
      ...restarted,
      event: { ...restarted.event, bytesReceived: 0 } as typeof restarted.event,
    });
    expect(await plane.session(id)).toMatchObject({
      state: 'ended',
      ending: 'ended-by-administrator',
      bytesFromDevice: 5_000,
      device: { endReason: 'lost' },
      terminal: { endReason: 'presumed' },
    });
  });

  // each of two users twice as often as rounds: the API counts the requests of one user
  it.each(['tom', 'tess'] as const)(
    `reported for both halves concurrently establish and end each of ${ROUNDS} sessions of %s once`,
    async (who) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { id, link } = await plane.prepared(who);
        await Promise.all(HALVES.map((half) => plane.relay.start(link, half)));
        const terminate = plane.relay.asked.length;
        await Promise.all(HALVES.map((half) => plane.relay.end(link, half, 'relay-stopped')));
        const session = await plane.session(id);
        expect(session).toMatchObject({ state: 'ended', ending: 'lost-relay', establishedAt: expect.any(String) });
        expect(plane.relay.asked.slice(terminate).filter((asked) => asked === 'connection-info')).toEqual([]);
      }
    },
  );

  it('must both be ended before the user may have another session with the device (E15)', async () => {
    const { id, link } = await plane.established();
    const refused = async () => {
      const { status, body } = await plane.ask('tom');
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'session-exists' });
      expect(body.detail).toContain(id);
    };
    await refused();
    await plane.relay.requestTermination(link.linkId, 'terminal');
    await refused();
    await plane.relay.end(link, 'terminal', 'requested');
    await refused();
    const { body: another } = await plane.ask('tess');
    expect(another).toMatchObject({ state: 'requested' });
    await plane.relay.end(link, 'device', 'requested');
    expect((await plane.ask('tom')).status).toBe(201);
  });

  it('permit one session of user and device, even if several are requested concurrently', async () => {
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(Array.from({ length: 6 }, () => plane.ask('tom')));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
      await plane.clear();
    }
  });

  it('do not change when the end of an ended session is requested', async () => {
    const { id, link } = await plane.established();
    for (const half of HALVES) await plane.relay.end(link, half, 'lost');
    const before = await plane.session(id);
    for (const half of HALVES) await plane.relay.requestTermination(link.linkId, half);
    const { steps: _, ...after } = await plane.session(id);
    expect(before).toMatchObject({ ...after, state: 'ended', ending: 'lost-device' });
  });
});
