import { once } from 'node:events';
import { createServer as createHttpServer, request, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { openSession, type OpenedSession } from '../../../test/support/browser/opened-session';
import { plainHttp, type PlainRequest } from '../../../test/support/plain-http';
import { makeCertificate, type TestCertificate } from '../../../test/support/test-certificate';
import { ForwardProxy } from './forward-proxy';

const OWN = 'http://192.168.1.20';
const PORT_81 = 'http://192.168.1.20:81';
const SECURE = 'https://192.168.1.20';

let certificate: TestCertificate;
let servers: TcpServer[];
let sockets: Set<Socket>;
let seen: { of: string; request: IncomingMessage; body: string }[];
let device: Server;
let opened: OpenedSession;
let proxy: ForwardProxy;
let refused: string[];

beforeAll(async () => (certificate = await makeCertificate()));
beforeEach(async () => {
  [servers, sockets, seen, refused] = [[], new Set(), [], []];
  const listening = async (server: TcpServer): Promise<number> => {
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  const pages = (of: string) => async (from: IncomingMessage, response: { end(text: string): unknown }) => {
    seen.push({ of, request: from, body: await text(from) });
    response.end(`page of ${of}`);
  };
  device = createHttpServer((from, response) => void pages(OWN)(from, response));
  const others = {
    [PORT_81]: await listening(createHttpServer((from, response) => void pages(PORT_81)(from, response))),
    [SECURE]: await listening(createTlsServer(certificate, (from, response) => void pages(SECURE)(from, response))),
  };
  opened = await openSession(await listening(device), {}, others, OWN);
  proxy = await ForwardProxy.open(0);
  proxy.serve(opened.tunnel, { onFirst: () => undefined, onRefused: (why) => refused.push(why) });
});
afterEach(async () => {
  await proxy.close();
  await opened.stop();
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

const ask = (target: string, options: PlainRequest = {}) =>
  plainHttp(`http://127.0.0.1:${proxy.port}`, { path: target, ...options });

/** CONNECT, as a client makes it for TLS and WebSockets. */
async function tunnelTo(authority: string): Promise<{ status: number; socket: Duplex; body: string }> {
  const sent = request({ port: proxy.port, method: 'CONNECT', path: authority, agent: false }).end();
  const answer = new Promise<[IncomingMessage, Duplex, Buffer]>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('connect', (...all: [IncomingMessage, Duplex, Buffer]) => resolve(all));
  });
  const [{ statusCode = 0 }, socket, head] = await answer;
  socket.on('error', () => undefined);
  if (statusCode === 200) return { status: statusCode, socket, body: '' };
  socket.unshift(head);
  return { status: statusCode, socket, body: await text(socket) };
}

it('is known by the origins that the owner permits', async () => {
  expect(await proxy.origins()).toEqual([OWN, PORT_81, SECURE]);
});

it.each([OWN, PORT_81])('carries requests to %s under its own name, without what is for the proxy', async (origin) => {
  const { status, text: body } = await ask(`${origin}/a?b=//c`, {
    method: 'POST',
    headers: { Host: 'else', 'Proxy-Connection': 'keep-alive', 'Proxy-Authorization': 'x', 'X-Kept': 'y' },
    body: 'content',
  });
  expect([status, body]).toEqual([200, `page of ${origin}`]);
  expect(seen).toMatchObject([{ of: origin, body: 'content', request: { method: 'POST', url: '/a?b=//c' } }]);
  const { rawHeaders } = seen[0]!.request;
  expect(rawHeaders.slice(0, 2)).toEqual(['Host', new URL(origin).host]);
  expect(rawHeaders).toEqual(expect.arrayContaining(['X-Kept', 'y']));
  expect(rawHeaders.join(' ')).not.toMatch(/proxy-/i);
});

it('leaves TLS to the client, which sees the certificate of the device', async () => {
  const { socket } = await tunnelTo('192.168.1.20:443');
  const client = connectTls({ socket, ca: certificate.cert, host: 'localhost' });
  await once(client, 'secureConnect');
  expect(client.authorized).toBe(true);
  client.write('GET /x HTTP/1.1\r\nHost: 192.168.1.20\r\nConnection: close\r\n\r\n');
  expect(await text(client)).toMatch(/page of https:\/\/192\.168\.1\.20/);
});

it('carries the bytes of a WebSocket', async () => {
  device.on('upgrade', (_request, socket: Duplex) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.pipe(socket);
  });
  const { socket } = await tunnelTo('192.168.1.20:80');
  socket.write('GET /live HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await once(socket, 'data');
  socket.end('frames');
  expect(await text(socket)).toBe('frames');
});

describe('what the owner does not permit', () => {
  it.each([
    ['http://192.168.1.21/', 'http://192.168.1.21'],
    ['http://192.168.1.20:82/', 'http://192.168.1.20:82'],
    ['https://192.168.1.20:81/', 'https://192.168.1.20:81'],
    ['http://127.0.0.1/', 'http://127.0.0.1'],
    ['http://example.com/', 'http://example.com'],
  ])('is refused by name: %s', async (target, named) => {
    const { status, text: body } = await ask(target);
    expect(status).toBe(403);
    expect(body).toContain(`${named} is not part of this session, which reaches ${OWN}, ${PORT_81}, ${SECURE}.`);
    expect(body).toContain(`add "${named}" to the "origins"`);
    expect(refused).toEqual([expect.stringContaining(named)]);
    expect(seen).toEqual([]);
  });
  it.each([
    ['192.168.1.21:443', 'https://192.168.1.21'],
    ['192.168.1.20:22', 'https://192.168.1.20:22'],
    ['localhost:80', 'https://localhost:80'],
    ['[::1]:443', 'https://[::1]'],
  ])('is refused to CONNECT, too: %s', async (authority, named) => {
    const { status, body } = await tunnelTo(authority);
    expect([status, body]).toEqual([403, expect.stringContaining(`${named} is not part of this session`)]);
    expect(seen).toEqual([]);
  });
  it.each(['/', '/a', '*', 'http://a@192.168.1.20/', 'ftp://192.168.1.20/', 'http://[/'])(
    'is no request for a proxy: %s',
    async (target) => {
      const { status, text: body } = await ask(target, { method: 'OPTIONS' });
      expect([status, body]).toEqual([400, expect.stringContaining('this port is an HTTP proxy')]);
      expect(seen).toEqual([]);
    },
  );
  it.each(['192.168.1.20', '192.168.1.20:', 'a b:443', '192.168.1.20:99999'])(
    'is no host and port for CONNECT: %s',
    async (authority) => {
      const { status } = await tunnelTo(encodeURI(authority));
      expect(status).toBe(400);
    },
  );
});

describe('a device that', () => {
  const answering = (bytes: string): void => {
    device.removeAllListeners('connection');
    device.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(bytes));
    });
  };
  it.each([
    ['violates HTTP as browsers accept it', 'HTTP/1.1 200 OK\nX Bad: 1\nContent-Length: 2\n\nhi', 200, /^hi$/],
    ['does not speak HTTP', 'SSH-2.0-dropbear\r\n', 502, /not valid HTTP/],
    ['ends the connection', '', 502, /was cut/],
  ])('%s', async (_case, bytes, status, body) => {
    answering(bytes);
    const answer = await ask(`${OWN}/`);
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(body)]);
  });
});

it('is refused while no session is connected', async () => {
  proxy.suspend();
  const { status } = await ask(`${OWN}/`);
  expect(status).toBe(503);
});

it('listens to this computer only', async () => {
  const other = createTcpServer().listen(proxy.port, '127.0.0.2');
  await once(other, 'listening'); // the port is free at every other address
  await new Promise((resolve) => other.close(resolve));
});
