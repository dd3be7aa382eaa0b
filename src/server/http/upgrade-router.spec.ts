import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { UpgradeRouter } from './upgrade-router';

const received = async (socket: Socket): Promise<string> => {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
};

describe('upgrade router', () => {
  let router: UpgradeRouter;
  let server: Server;
  let port: number;
  beforeEach(async () => {
    router = new UpgradeRouter();
    server = createServer();
    router.attach(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    router.beforeApplicationShutdown();
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  });

  const ask = (path: string): Socket => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    return socket;
  };

  it('hands an upgrade to whoever has the path, with or without a query', async () => {
    router.register('/here', (_request, socket) => socket.end('mine'));
    expect(await received(ask('/here'))).toBe('mine');
    expect(await received(ask('/here?x=1'))).toBe('mine');
  });

  it.each(['/', '/here/', '/Here', '/here/more', '//here', '*', '/%68ere'])('refuses %s', async (path) => {
    router.register('/here', (_request, socket) => socket.end('mine'));
    expect(await received(ask(path))).toMatch(/^HTTP\/1\.1 404 Not Found\r\nConnection: close/);
  });

  it('gives a path away once', () => {
    router.register('/here', () => undefined);
    expect(() => router.register('/here', () => undefined)).toThrow('/here');
  });

  it('outlives peers that reset before they are answered', async () => {
    router.register('/slow', () => undefined);
    for (const path of ['/slow', '/nowhere']) {
      const socket = ask(path);
      await once(socket, 'connect');
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    router.register('/here', (_request, socket) => socket.end('mine'));
    expect(await received(ask('/here'))).toBe('mine');
  });

  it('ends what is still open when the server stops', async () => {
    const web = new WebSocketServer({ noServer: true });
    router.register('/here', (request, socket, head) => web.handleUpgrade(request, socket, head, () => undefined));
    const client = new WebSocket(`ws://127.0.0.1:${port}/here`);
    await once(client, 'open');
    const closed = once(client, 'close');
    router.beforeApplicationShutdown();
    await closed;
    await new Promise((resolve) => server.close(resolve));
  });
});
