import { connect, type Socket } from 'node:net';
import { setLimit } from '../../../test/support/relay/test-relay';
import { startTestServer, type TestServer } from '../../../test/support/server/test-server';

describe('connections to the console', () => {
  let server: TestServer;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    jest.restoreAllMocks();
    await server.stop();
  });

  /** A request whose headers never end. Resolves when the server closes its connection. */
  const closed = (localAddress: string): Promise<void> => {
    const socket = connect({ port: server.port, host: '127.0.0.1', localAddress });
    sockets.push(socket);
    socket.on('error', () => undefined).resume();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    return new Promise((resolve) => socket.once('close', () => resolve()));
  };

  it('end when the headers of a request do not arrive in time', async () => {
    setLimit('HTTP_HEADERS_MS', 500);
    server = await startTestServer();
    await closed('127.0.0.1');
  });

  it('are limited for one address, and another one is served', async () => {
    setLimit('HTTP_CONNECTIONS_PER_ADDRESS', 3);
    server = await startTestServer({ PLATEN_TRUST_PROXY: '127.0.0.9' });
    const four = Array.from({ length: 4 }, () => closed('127.0.0.2'));
    await Promise.race(four);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});
