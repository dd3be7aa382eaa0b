import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { recordedJournal } from '../../test/support/recorded-journal';
import { admitOnlyProxies, proxyMatcher, proxySetting } from './reverse-proxies';

it.each([
  ['yes', '127.0.0.1', true],
  ['yes', '127.9.9.9', true],
  ['yes', '::1', true],
  ['yes', '::ffff:127.0.0.1', true],
  ['yes', '10.0.0.1', false],
  ['no', '127.0.0.1', false],
  ['192.0.2.9', '192.0.2.9', true],
  ['192.0.2.9', '::ffff:192.0.2.9', true],
  ['192.0.2.9', '192.0.2.90', false],
  ['192.0.2.9', '127.0.0.1', false],
  ['192.0.2.9, 10.1.0.0/16', '10.1.255.1', true],
  ['192.0.2.9, 10.1.0.0/16', '10.2.0.1', false],
  ['2001:db8::/64', '2001:db8::5', true],
  ['2001:db8::/64', '2001:db8:0:1::5', false],
  ['192.0.2.9', '', false],
])('a proxy setting of %s, and a connection from %s: %s', (setting, address, isProxy) => {
  expect(proxyMatcher(proxySetting.parse(setting))(address)).toBe(isProxy);
});

describe('a server without TLS', () => {
  /** What the server takes the address of its peer for: tests connect from loopback, which is always admitted. */
  let from: string;
  let server: Server;
  const recorded = recordedJournal();
  const seen: string[] = [];
  beforeAll(async () => {
    server = createServer((asked, answer) => {
      seen.push(asked.url ?? '');
      answer.end('welcome');
    });
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 101 welcome\r\n\r\n'));
    server.prependListener('connection', (socket) => Object.defineProperty(socket, 'remoteAddress', { value: from }));
    admitOnlyProxies(server, ['192.0.2.9'], 'PLATEN_TRUST_PROXY', recorded.journal);
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => void server.close());

  const port = () => (server.address() as AddressInfo).port;
  const ask = async (path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> => {
    const asked = request({ port: port(), host: '127.0.0.1', path, method: 'POST', headers, agent: false });
    asked.end('password');
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, body: await text(answer) };
  };
  const upgrade = async (): Promise<string> => {
    const socket = connect(port(), '127.0.0.1');
    socket.write('GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    return text(socket);
  };

  it.each(['192.0.2.9', '127.0.0.1'])('answers %s', async (address) => {
    from = address;
    expect(await ask('/')).toEqual({ status: 200, body: 'welcome' });
    expect(await upgrade()).toContain('101 welcome');
  });

  it('answers others with what to do, whatever they claim; no handler sees the request', async () => {
    from = '198.51.100.7';
    const refused = { status: 403, body: expect.stringMatching(/no TLS[^]*Open the address of the proxy/) as string };
    expect(await ask('/login')).toEqual(refused);
    expect(await ask('/login', { 'X-Forwarded-For': '192.0.2.9', Host: 'localhost' })).toEqual(refused);
    expect(await ask('/login', { Expect: '100-continue' })).toEqual(refused);
    expect(await upgrade()).toMatch(/^HTTP\/1.1 403 [^]*Open the address of the proxy/);
    expect(seen).not.toContain('/login');
    expect(recorded.lines).toMatchObject([{ msg: expect.stringContaining('PLATEN_TRUST_PROXY'), address: from }]);
  });
});
