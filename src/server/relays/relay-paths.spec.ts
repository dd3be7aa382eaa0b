import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { readConfig } from '../config/config';
import type { Certificate } from '../config/certificate';
import { HostRouter } from '../http/host-router';
import { KnownHosts } from '../http/known-hosts';
import type { RelayDirectory } from './relay-directory';
import { RelayPaths } from './relay-paths';

const listening = async (server: Server): Promise<number> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
};

describe('the paths of the relay on one port', () => {
  const { journal, lines } = recordedJournal();
  let relay: Server;
  let relayPort: number;
  let server: Server;
  let port: number;
  let paths: RelayPaths;
  /** How the relay was asked. */
  let asked: IncomingMessage[];
  const open: WebSocket[] = [];

  beforeEach(async () => {
    asked = [];
    relay = createServer();
    const sockets = new WebSocketServer({ server: relay, handleProtocols: () => 'test' });
    sockets.on('connection', (ws, request) => {
      asked.push(request);
      ws.on('message', (data) => ws.send(data));
    });
    relayPort = await listening(relay);
    server = createServer();
    // what the console answers itself
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n'));
    const router = new HostRouter();
    const config = readConfig({
      PLATEN_ONE_PORT: 'yes',
      PLATEN_PUBLIC_URL: 'https://p.example',
      PLATEN_RELAY_PORT: String(relayPort),
    });
    const directory = { serving: () => ({ pairs: 1 }) } as unknown as RelayDirectory;
    const certificate = { selfSigned: true, pin: 'PIN' } as Certificate;
    paths = new RelayPaths(router, directory, config, certificate, journal);
    paths.onModuleInit();
    router.attach(server, new KnownHosts(config));
    port = await listening(server);
  });
  afterEach(async () => {
    for (const ws of open.splice(0)) ws.terminate();
    for (const each of [server, relay]) {
      each.close();
      each.closeAllConnections();
    }
    await once(server, 'close');
  });

  const dial = (path: string, headers: Record<string, string> = {}): WebSocket => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, 'test', { headers });
    open.push(ws);
    return ws;
  };
  const refusalOf = async (ws: WebSocket): Promise<string> => {
    const [error] = (await once(ws, 'error')) as [Error];
    return error.message;
  };

  it('lead to the relay, which sees the address of the peer', async () => {
    const ws = dial('/relay/1/cloud-hub', { 'X-Forwarded-For': '198.51.100.1', 'X-Other': 'kept' });
    await once(ws, 'open');
    expect(asked.map(({ url }) => url)).toEqual(['/cloud-hub']);
    expect(asked[0]!.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-other': 'kept' });
    ws.send(Buffer.alloc(300_000, 7));
    const [echo] = (await once(ws, 'message')) as [Buffer];
    expect(echo).toEqual(Buffer.alloc(300_000, 7));
    ws.close(4001, 'enough');
    await once(ws, 'close');
  });

  it('end with the connection at the relay', async () => {
    const ws = dial('/relay/1/web-agent');
    await once(ws, 'open');
    const closed = once(ws, 'close');
    relay.closeAllConnections();
    for (const { socket } of asked) socket.destroy();
    expect(await closed).toEqual([1006, expect.anything()]);
  });

  it.each([
    '/relay/2/cloud-hub',
    '/relay/0/cloud-hub',
    '/relay/1/other',
    '/relay/1/cloud-hub?x',
    '/cloud-hub',
    '/relay//cloud-hub',
  ])('are those of running pairs and of the relay protocol only, not %s', async (path) => {
    expect(await refusalOf(dial(path))).toBe('Unexpected server response: 404');
    expect(asked).toEqual([]);
  });

  it('have the key of the server, which peers of this relay verify', () => {
    expect(paths.trustIn('local')).toEqual({ pin: 'PIN' });
    expect(paths.trustIn('east')).toEqual({});
  });

  it('answer 502 while the relay does not listen', async () => {
    await new Promise((resolve) => relay.close(resolve));
    expect(await refusalOf(dial('/relay/1/cloud-hub'))).toBe('Unexpected server response: 502');
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'the relay cannot be reached', pair: 1 }));
  });
});
