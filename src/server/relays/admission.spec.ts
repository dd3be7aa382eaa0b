import { randomUUID } from 'node:crypto';
import type { ScriptedRelay } from '../../../test/support/relay/scripted-relay';
import { RelayLinkServer } from '../../../test/support/relay/relay-link-server';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { toInstant } from '../../protocol/names';
import { RpcRefused } from '../../tunnel/json-rpc.errors';
import { RelayUnavailable } from '../sessions/session.errors';

describe('new sessions while relays are draining', () => {
  let server: RelayLinkServer;
  let local: ScriptedRelay;
  beforeEach(async () => {
    server = await RelayLinkServer.open();
    local = await server.relay();
    await until('the first drain state', () => local.drained);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await server.close();
  });

  const ask = () => {
    const connectBefore = toInstant(Date.now() + 10_000);
    return server.directory.connectionInfo({ remoteSessionId: randomUUID(), connectBefore });
  };

  it('are refused with a retry time, and admitted once the drain ends', async () => {
    await server.directory.drain('local', true, 90);
    expect(local.drained).toMatchObject({ draining: true, returnAfterSeconds: 90 });
    expect(server.directory.admission()).toEqual({ open: false, returnAfterSeconds: 90 });
    await expect(ask()).rejects.toThrow(RelayUnavailable);
    expect(local.links.size).toBe(0);

    const admitted = server.directory.admitted(10_000);
    await server.directory.drain('local', false, 0);
    expect(await admitted).toBe(true);
    expect(local.drained).toMatchObject({ draining: false });
    expect((await ask()).relayId).toBe('local');
  });

  it('are refused when the drain outlasts the admission timeout', async () => {
    await server.directory.drain('local', true, 90);
    expect(await server.directory.admitted(50)).toBe(false);
  });

  it('go to another relay that accepts sessions', async () => {
    await server.directory.drain('local', true, 90);
    const east = await server.relay('east');
    expect(server.directory.admission()).toEqual({ open: true });
    expect((await ask()).relayId).toBe('east');
    await east.leave();
    await until('the end of its link', () => !server.directory.serving('east'));
    expect(server.directory.admission()).toMatchObject({ open: false });
  });

  it('get a retry time of at least a second, even when the drain outlasts its announced time', async () => {
    await server.directory.drain('local', true, 0);
    expect(server.directory.admission()).toEqual({ open: false, returnAfterSeconds: 1 });
  });

  it('stay refused while the relay is disconnected; the relay gets the drain state again when it reconnects', async () => {
    await server.directory.drain('local', true, 90);
    await local.leave();
    expect(server.directory.admission()).toMatchObject({ open: false });
    local = await server.relay('local', { earlier: local });
    await until('the drain state', () => local.drained?.draining);
  });

  it('follow the drain state at the next run of the relay; a candidate does not get it', async () => {
    await server.directory.drain('local', true, 90);
    const next = await server.relay('local', { standing: 'candidate' });
    expect(server.directory.candidate('local', next.instance)).toMatchObject({ standing: 'candidate' });
    expect(server.directory.serving('local')).toMatchObject({ instance: local.instance });
    expect(next.drained).toBeUndefined();
    await next.announce('serving');
    await until('the drain state', () => next.drained?.draining);
    expect(server.directory.serving('local')).toMatchObject({ instance: next.instance });
    await server.directory.drain('local', false, 0);
    expect((await ask()).relayId).toBe('local');
    expect([local.links.size, next.links.size]).toEqual([0, 1]);
  });

  it.each<[string, () => Promise<void>]>([
    ['answers with an error', () => Promise.reject(new RpcRefused(-32000, 'no'))],
    ['does not answer', () => new Promise<void>(() => undefined)],
  ])(
    'a relay that %s to the drain request is disconnected, and gets it again when it reconnects',
    async (_, before) => {
      setLimit('RELAY_RPC_TIMEOUT_MS', 200);
      local.before = before;
      await server.directory.drain('local', true, 90);
      await local.closed;
      local = await server.relay('local', { earlier: local });
      await until('the drain state', () => local.drained?.draining);
    },
  );
});
