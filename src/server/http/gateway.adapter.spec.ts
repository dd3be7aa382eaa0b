import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { WebSocket, type WebSocketServer } from 'ws';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { until } from '../../../test/support/until';
import { GatewayAdapter, type UpgradeGuard, type UpgradeRefusal } from './gateway.adapter';

const GUARD_MS = 200;

const received = async (socket: Socket): Promise<string> => {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
};

type Check = (request: IncomingMessage) => UpgradeRefusal | undefined | Promise<UpgradeRefusal | undefined>;

describe('gateway adapter', () => {
  let server: Server;
  let adapter: GatewayAdapter;
  let gateways: WebSocketServer[];
  let journal: RecordedJournal;
  let check: Check;
  beforeEach(async () => {
    journal = recordedJournal();
    gateways = [];
    check = () => undefined;
    server = createServer();
    class Guard implements UpgradeGuard {
      check = (request: IncomingMessage) => check(request);
    }
    adapter = new GatewayAdapter(server, (type) => new type(), journal.journal, GUARD_MS);
    gateways.push(adapter.create(0, { path: '/here', guard: Guard, maxPayload: 100 }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    await stop();
    await adapter.dispose();
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  });

  const stop = async () => {
    for (const gateway of gateways.splice(0)) await adapter.close(gateway);
  };
  const port = () => (server.address() as AddressInfo).port;
  const ask = (path: string): Socket => {
    const socket = connect(port(), '127.0.0.1');
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    return socket;
  };
  const dial = (path: string) => new WebSocket(`ws://127.0.0.1:${port()}${path}`);

  it.each(['/here', '/here?x=1'])('serves %s and passes the request on', async (path) => {
    const connected = once(gateways[0]!, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    await once(dial(path), 'open');
    expect((await connected)[1].url).toBe(path);
  });

  it.each(['/', '/here/', '/Here', '/here/more', '//here', '*', '/%68ere'])('answers %s with 404', async (path) => {
    expect(await received(ask(path))).toMatch(/^HTTP\/1\.1 404 Not Found\r\nConnection: close/);
  });

  it('refuses a second gateway on the same path', () => {
    expect(() =>
      adapter.create(0, {
        path: '/here',
        guard: class implements UpgradeGuard {
          check = () => undefined;
        },
      }),
    ).toThrow('/here');
  });

  it.each<[string, Check, RegExp]>([
    [
      'a refusal',
      () => ({ status: 401, text: 'this needs a login' }),
      /^HTTP\/1\.1 401 Unauthorized[^]*\r\n\r\nthis needs a login$/,
    ],
    [
      'an asynchronous refusal',
      () => Promise.resolve({ status: 403, text: 'no' }),
      /^HTTP\/1\.1 403 Forbidden[^]*\r\n\r\nno$/,
    ],
    [
      'a guard that throws',
      () => {
        throw new Error('inside');
      },
      /^HTTP\/1\.1 500 Internal Server Error[^]*\r\n\r\ninternal error$/,
    ],
    ['a guard that rejects', () => Promise.reject(new Error('inside')), /^HTTP\/1\.1 500 /],
    ['a guard that takes too long', () => new Promise(() => undefined), /^HTTP\/1\.1 503 Service Unavailable/],
  ])('never opens a WebSocket after %s', async (what, guard, answer) => {
    check = guard;
    const connected = jest.fn();
    gateways[0]!.on('connection', connected);
    expect(await received(ask('/here'))).toMatch(answer);
    expect(connected).not.toHaveBeenCalled();
    const error = { err: expect.objectContaining({ message: 'inside' }) };
    expect(journal.lines).toMatchObject(/throws|rejects/.test(what) ? [error] : []);
  });

  it('survives peers that reset before they are answered', async () => {
    check = () => new Promise(() => undefined);
    for (const path of ['/here', '/nowhere']) {
      const socket = ask(path);
      await once(socket, 'connect');
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    check = () => undefined;
    const client = dial('/here');
    await once(client, 'open');
  });

  it('does not parse messages of a gateway without handlers', () => {
    const on = jest.fn();
    adapter.bindMessageHandlers({ on, addEventListener: on, addListener: on }, [], () => undefined as never);
    expect(on).not.toHaveBeenCalled();
  });

  it.each([
    ['a message over the limit', 1009, (client: WebSocket) => client.send('x'.repeat(101))],
    // FIN with a reserved bit, masked, empty
    ['an invalid frame', 1002, (_: WebSocket, socket: Socket) => socket.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]))],
  ])(
    'closes the connection of a peer that sends %s with %i, and does not log a server error',
    async (_what, code, send) => {
      const client = dial('/here');
      const [{ socket }] = (await once(client, 'upgrade')) as [IncomingMessage];
      const closed = once(client, 'close') as Promise<[number]>;
      send(client, socket);
      expect((await closed)[0]).toBe(code);
      expect(journal.lines).toMatchObject([{ level: 'debug', msg: 'a WebSocket is closed after an error' }]);
    },
  );

  it('terminates a peer that does not answer the closing handshake after its error', async () => {
    const gateway = gateways[0]!;
    const socket = ask('/here');
    await once(socket, 'data');
    socket.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]));
    await until('the connection to be cut', () => gateway.clients.size === 0);
    socket.destroy();
  });

  it('closes open WebSockets with 1001 and destroys pending upgrades when the server stops', async () => {
    const client = dial('/here');
    await once(client, 'open');
    const closed = once(client, 'close') as Promise<[number]>;
    const checked = new Promise<void>((resolve) => {
      check = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const pending = ask('/here');
    await checked;
    const destroyed = once(pending, 'close');
    await stop();
    expect((await closed)[0]).toBe(1001);
    await destroyed;
    await new Promise((resolve) => server.close(resolve));
  });

  it('terminates a client that does not answer the closing handshake', async () => {
    const gateway = gateways[0]!;
    const socket = ask('/here');
    await once(socket, 'data');
    socket.pause();
    await stop();
    expect(gateway.clients.size).toBe(0);
    socket.destroy();
  });
});
