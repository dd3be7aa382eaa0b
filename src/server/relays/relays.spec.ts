import WebSocket from 'ws';
import { ControlPlane } from '../../../test/support/server/control-plane';
import { endLog, ScriptedRelay } from '../../../test/support/relay/scripted-relay';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { HALVES } from '../../protocol/remote-session';
import { PROTOCOL_VERSION, RELAY_RPC_SUBPROTOCOL } from '../../protocol/version';
import { RpcRefused } from '../../tunnel/json-rpc.errors';
import { loadSecrets } from '../config/secrets';
import { relaySecret } from './relay-secret';

const UNCOUNTED = { kind: 'end', reason: 'relay-restarted', bytesReceived: 0, bytesSent: 0 } as const;

describe('relays', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    setLimit('RELAY_WATCH_MS', 50);
    setLimit('RELAY_SETTLE_MS', 0);
    plane = await ControlPlane.start();
  });
  afterAll(async () => {
    await plane?.stop();
    jest.restoreAllMocks();
  });
  afterEach(() => plane.clear());

  const secretOf = (id: string) => relaySecret(loadSecrets(plane.config).localRelaySecret, id);
  const relays = async () => (await plane.call('ada', 'GET', '/relays')).body as unknown as { id: string }[];

  describe('a relay is admitted', () => {
    const upgrade = async (headers: Record<string, string>, subprotocol = RELAY_RPC_SUBPROTOCOL): Promise<number> => {
      const ws = new WebSocket(`${plane.url.replace('http', 'ws')}/internal/relay`, subprotocol, { headers });
      ws.on('error', () => undefined);
      const status = await new Promise<number>((resolve) => {
        ws.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
        ws.once('open', () => resolve(101));
      });
      ws.terminate();
      return status;
    };
    const bearer = (id: string, secret: string) => ({ authorization: `Bearer ${id}.${secret}` });
    it.each<[string, () => Record<string, string>, number]>([
      ['with its own secret', () => bearer('x', secretOf('x')), 101],
      ["not with another relay's secret", () => bearer('x', secretOf('y')), 401],
      ['not without a secret', () => ({}), 401],
      ['not with a wrong secret', () => bearer('x', 'A'.repeat(43)), 401],
      ['not with an API token', () => ({ authorization: 'Bearer plt_x' }), 401],
      ['not with an invalid ID', () => bearer('X/', secretOf('x')), 401],
    ])('%s', async (_, headers, status) => {
      expect(await upgrade(headers())).toBe(status);
    });
    it('not with another subprotocol', async () => {
      expect(await upgrade(bearer('x', secretOf('x')), 'platen.relay-rpc.v0')).toBe(400);
    });
  });

  it('with another protocol version are refused with the reason, and get no session', async () => {
    const protocol = PROTOCOL_VERSION + 1;
    const other = ScriptedRelay.connect(plane.url, secretOf('new'), { id: 'new', protocol });
    await expect(other).rejects.toThrow('this server speaks protocol 1');
    expect((await relays()).map(({ id }) => id)).toEqual(['local']);
  });

  it('replace their earlier link when they reconnect', async () => {
    const earlier = plane.relay;
    await plane.connectRelay(earlier);
    await earlier.closed;
    expect(await relays()).toMatchObject([{ id: 'local', connected: true }]);
  });

  it('get sessions in balance; a relay that refuses is skipped', async () => {
    const other = await plane.anotherRelay('other');
    const links = () => [plane.relay.links.size, other.links.size];
    for (const who of ['tom', 'tess'] as const) await plane.decide(await plane.requested(who), 'approved');
    await until('a link at each', () => links().join() === '1,1');
    other.before = () => Promise.reject(new RpcRefused(-32050, 'draining'));
    for (const link of plane.relay.links.values()) for (const half of HALVES) await plane.relay.end(link, half, 'lost');
    for (const link of other.links.values()) for (const half of HALVES) await other.end(link, half, 'lost');
    for (const who of ['tom', 'tess'] as const) await plane.decide(await plane.requested(who), 'approved');
    await until('both links at the first relay', () => links().join() === '3,1');
    await other.leave();
  });

  it('report byte counts, which never decrease', async () => {
    const { id, link } = await plane.established();
    Object.assign(link, { bytesFromDevice: 9_000, bytesFromTerminal: 300 });
    await until('the bytes', async () => (await plane.session(id)).bytesFromDevice === 9_000);
    link.bytesFromDevice = 10;
    const asked = plane.relay.asked.length;
    await until('two more comparisons', () => plane.relay.asked.length > asked + 4);
    expect(await plane.session(id)).toMatchObject({ bytesFromDevice: 9_000, bytesFromTerminal: 300 });
  });

  it('that are killed leave the counts of their last report, which are marked as estimated', async () => {
    const [ours, other] = [await plane.established(), await plane.established('tess')];
    const { relay } = plane;
    const counts = { bytesFromDevice: 52_428_800, bytesFromTerminal: 4_096 };
    await relay.reportBytes([{ linkId: ours.link.linkId, ...counts }]);
    await relay.leave();
    await until('the bytes', async () => (await plane.session(ours.id)).bytesFromDevice === counts.bytesFromDevice);
    expect(await plane.session(ours.id)).toMatchObject({ ...counts, bytesEstimated: false });
    await plane.connectRelay(relay);
    for (const half of HALVES) {
      await plane.relay.report({ ...endLog(ours.link, half, 'relay-restarted'), event: UNCOUNTED });
      await plane.relay.end(other.link, half, 'lost');
    }
    expect(await plane.reaches(ours.id, 'ended')).toMatchObject({ ...counts, bytesEstimated: true });
    expect(await plane.reaches(other.id, 'ended')).toMatchObject({ bytesFromDevice: 5_000, bytesEstimated: false });
  });

  it('cannot report the byte counts of a session of another relay', async () => {
    const { id, link } = await plane.established();
    const other = await plane.anotherRelay('other');
    await other.reportBytes([{ linkId: link.linkId, bytesFromDevice: 7, bytesFromTerminal: 7 }]);
    await other.leave();
    const watched = plane.relay.asked.length;
    await until('two more comparisons', () => plane.relay.asked.length > watched + 4);
    expect(await plane.session(id)).toMatchObject({ bytesFromDevice: 0 });
  });

  it('that have lost a session get its end presumed, unless they still have logs to report', async () => {
    const { id, link } = await plane.established();
    plane.relay.unacknowledgedLogs = 1;
    plane.relay.links.delete(link.linkId);
    const asked = plane.relay.asked.length;
    await until('two more comparisons', () => plane.relay.asked.length > asked + 4);
    expect(await plane.session(id)).toMatchObject({ state: 'established' });
    plane.relay.unacknowledgedLogs = 0;
    expect(await plane.reaches(id, 'ended')).toMatchObject({
      ending: 'lost-relay',
      detail: 'the relay has no record of the session',
      device: { endReason: 'presumed' },
    });
  });

  it('get the termination again that they missed while disconnected', async () => {
    const { id, link } = await plane.prepared();
    const { relay } = plane;
    await relay.leave();
    await plane.call('tom', 'POST', `/sessions/${id}/termination`);
    await plane.connectRelay(relay);
    await until('the end of both halves', () =>
      HALVES.every((half) => plane.relay.asked.includes(`end-session ${half} cancelled`)),
    );
    for (const half of HALVES) await plane.relay.end(link, half, 'control-plane');
    expect(await plane.session(id)).toMatchObject({ state: 'ended' });
  });

  it('must end a session whose end was presumed while they were disconnected (E15)', async () => {
    const { id, link } = await plane.established();
    const { relay } = plane;
    await relay.leave();
    await plane.call('ada', 'POST', `/sessions/${id}/termination`);
    await plane.call('ada', 'POST', `/sessions/${id}/override`, { reason: 'the relay is gone' });
    const asking = plane.ask('tom'); // waits for a relay
    await plane.connectRelay(relay);
    expect((await asking).status).toBe(201);
    await until('the end of both halves', () =>
      HALVES.every((half) => plane.relay.asked.includes(`end-session ${half} ended-by-administrator`)),
    );
    for (const half of HALVES) await plane.relay.end(link, half, 'control-plane');
    expect(await plane.session(id)).toMatchObject({ device: { endReason: 'control-plane' } });
  });
});
