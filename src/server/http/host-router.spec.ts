import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { readConfig } from '../config/config';
import { HostRouter, type UpgradeHandler } from './host-router';
import { KnownHosts } from './known-hosts';

describe('two sites on one port', () => {
  let server: Server;
  let router: HostRouter;
  beforeEach(async () => {
    server = createServer((request, response) => {
      request.resume();
      request.once('end', () => response.end(`console ${request.headers.host}`));
    });
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 101 console\r\n\r\n'));
    router = new HostRouter();
    router.register({
      owns: (hostname) => hostname === 'guest.localhost',
      request: (_request, response, expectsContinue) => response.end(`guest ${expectsContinue}`),
      upgrade: (_request, socket) => void socket.end('HTTP/1.1 101 guest\r\n\r\n'),
    });
    router.attach(server, new KnownHosts(readConfig({})));
    expect(() => router.register({} as never)).toThrow();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const say = (lines: string[]): Promise<string> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write([...lines, '', ''].join('\r\n'));
    return text(socket);
  };
  const get = ['GET / HTTP/1.1', 'Connection: close'];
  const expecting = ['POST / HTTP/1.1', 'Connection: close', 'Expect: 100-continue', 'Content-Length: 0'];
  const upgrade = ['GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: x'];

  it.each([
    ['localhost', 'console'],
    ['guest.localhost', 'guest'],
    ['Guest.LocalHost:8080', 'guest'],
    ['guest.localhost.', 'guest'],
    ['guest.localhost.:8080', 'guest'],
    ['x.guest.localhost', 'console'],
    ['[::1]:8080', 'console'],
  ])('%s is the %s', async (host, site) => {
    expect(await say([...get, `Host: ${host}`])).toContain(`${site} `);
    expect(await say([...upgrade, `Host: ${host}`])).toBe(`HTTP/1.1 101 ${site}\r\n\r\n`);
    const answer = await say([...expecting, `Host: ${host}`]);
    expect(answer.startsWith('HTTP/1.1 100')).toBe(site === 'console');
    expect(answer).toContain(site === 'console' ? 'console ' : 'guest true');
  });

  it.each([
    ['localhost', 'guest.localhost'],
    ['guest.localhost', 'localhost'],
    ['localhost', 'localhost'],
  ])('with the headers Host: %s and host: %s is refused', async (first, second) => {
    for (const lines of [get, expecting, upgrade])
      expect(await say([...lines, `Host: ${first}`, `host: ${second}`])).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('upgrade requests to the console are passed on by path, those to the other site never', async () => {
    const passOn: UpgradeHandler = (_request, socket) => void socket.end('HTTP/1.1 101 other program\r\n\r\n');
    router.passOn((path) => (path === '/other' ? passOn : undefined));
    const upgradeOf = (path: string, host: string) =>
      say([`GET ${path} HTTP/1.1`, 'Connection: Upgrade', 'Upgrade: x', `Host: ${host}`]);
    expect(await upgradeOf('/other', 'localhost')).toContain('other program');
    expect(await upgradeOf('/', 'localhost')).toContain('console');
    expect(await upgradeOf('/other', 'guest.localhost')).toContain('guest');
  });

  describe('a request has a time limit', () => {
    const begun = async (): Promise<[IncomingMessage, Socket]> => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => undefined);
      const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
      socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf ');
      return [(await arrived)[0], socket];
    };
    beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
    afterEach(() => jest.useRealTimers());

    it('after which its connection is cut', async () => {
      const [request, socket] = await begun();
      jest.advanceTimersByTime(30_000);
      expect(request.socket.destroyed).toBe(true);
      await once(socket, 'close');
    });

    it('which can be extended', async () => {
      const [request, socket] = await begun();
      router.giveTime(request, 60_000);
      jest.advanceTimersByTime(59_999);
      expect(request.socket.destroyed).toBe(false);
      jest.advanceTimersByTime(1);
      expect(request.socket.destroyed).toBe(true);
      await once(socket, 'close');
    });
  });
});
