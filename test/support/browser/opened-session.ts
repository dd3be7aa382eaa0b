import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Ending } from '../../../src/protocol/remote-session';
import { BrowserSession, type BrowserSessionFacts } from '../../../src/server/browser-sessions/browser-session';
import { StreamRefused } from '../../../src/tunnel/http2-tunnel.errors';
import { openTunnel, serveTunnel } from '../../../src/tunnel/http2-tunnel';
import type { Closed, RelayConnection } from '../../../src/tunnel/relay-connection';
import { recordedJournal } from '../recorded-journal';

export const terminated = (reason: 'requested' | 'control-plane', ending?: Ending): Closed => ({
  kind: 'terminated',
  message: { type: 'terminated', reason, ending, bytesReceived: 0, bytesSent: 0 },
});

/** A browser session in this process: the real tunnel to a device on loopback, over a pair of sockets instead of a relay. */
export async function openSession(
  devicePort: number,
  facts: Partial<BrowserSessionFacts> = {},
  /** By origin: the ports of the application's other origins. */
  others: Record<string, number> = {},
  own = 'http://192.168.1.20',
) {
  const sockets: Duplex[] = [];
  const pair = createServer().listen(0, '127.0.0.1');
  await once(pair, 'listening');
  const near = connect((pair.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await once(pair, 'connection')) as [Duplex];
  sockets.push(near, far);
  const remoteSessionId = randomUUID();
  const agent = serveTunnel(far, {
    remoteSessionId,
    originsOf: () => ({ own, others: Object.keys(others) }),
    open: async (_id, { origin, propose }) => {
      if (origin !== undefined && origin !== own && others[origin] === undefined)
        throw new StreamRefused(403, propose ? 'the owner of the device has been asked' : 'not permitted');
      const socket = connect(origin === undefined || origin === own ? devicePort : others[origin]!, '127.0.0.1');
      sockets.push(socket);
      await once(socket, 'connect');
      return socket;
    },
  });
  const tunnel = await openTunnel(near, { remoteSessionId, applicationId: 'web' });
  const recorded = recordedJournal();
  let close: (closed: Closed) => void = () => undefined;
  const closed = new Promise<Closed>((resolve) => (close = resolve));
  const counted = { terminations: 0 };
  const relay = {
    closed,
    terminate: () => {
      counted.terminations += 1;
      close(terminated('requested'));
      return closed;
    },
  } as Partial<RelayConnection> as RelayConnection;
  const all: BrowserSessionFacts = {
    remoteSessionId,
    userId: 'u',
    label: 'l',
    origin: 'http://s-l.localhost',
    consoleOrigin: 'http://localhost',
    loginIsGood: () => Promise.resolve(true),
    ...facts,
  };
  const stop = async (): Promise<void> => {
    close(terminated('requested'));
    agent.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((resolve) => pair.close(resolve));
  };
  const session = new BrowserSession(all, { relay, tunnel }, recorded.journal);
  return { session, agent, tunnel, recorded, counted, close, stop };
}
export type OpenedSession = Awaited<ReturnType<typeof openSession>>;
