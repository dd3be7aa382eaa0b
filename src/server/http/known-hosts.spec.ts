import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { connect } from 'node:net';
import { startTestServer, type TestServer } from '../../../test/support/server/test-server';

let server: TestServer;

const say = (host: string | undefined, path: string, more: string[] = []): Promise<string> => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  const version = host === undefined ? '1.0' : '1.1';
  const field = host === undefined ? [] : [`Host: ${host}`];
  socket.write(
    [`GET ${path} HTTP/${version}`, ...field, ...(more.length > 0 ? more : ['Connection: close']), '', ''].join('\r\n'),
  );
  return text(socket);
};
const statusOf = async (host: string | undefined, path = '/api/about'): Promise<number> =>
  Number((await say(host, path)).split(' ', 2)[1]);

describe('with PLATEN_PUBLIC_URL', () => {
  afterAll(() => server.stop());
  beforeAll(async () => {
    server = await startTestServer({
      PLATEN_PUBLIC_URL: 'https://platen.example:8443',
      PLATEN_HOST_NAMES: 'Platen.Internal, second.example',
    });
  });

  it.each([
    'platen.example',
    'PLATEN.example:8443',
    'platen.example.',
    'platen.internal',
    'second.example:1',
    'localhost:8080',
    hostname(),
    '127.0.0.1',
    '192.0.2.7:8080',
    '[::1]:8080',
    undefined,
  ])('the console answers under %s', async (host) => expect(await statusOf(host)).toBe(200));

  it.each([
    'evil.example',
    'platen.local',
    'platen.example.evil.example',
    'x.platen.example',
    '1.2.3',
    'localhost.evil',
    '127.0.0.1.evil',
  ])('the console does not answer under %s', async (host) => {
    const answer = await say(host, '/api/about');
    expect(answer).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\nContent-Type: application\/problem\+json\r\n/);
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({
      code: 'unknown-host',
      status: 421,
      remedy: expect.stringContaining('PLATEN_HOST_NAMES') as string,
    });
  });

  it('a browser gets a page that names the address and the setting, in both languages', async () => {
    const page = await say('evil.example', '/devices');
    expect(page).toMatch(/^HTTP\/1\.1 421 .*\r\nContent-Type: text\/html/);
    expect(
      page.match(/<a href="https:\/\/platen\.example:8443\/">|PLATEN_HOST_NAMES|<section lang="(en|ja)">/g),
    ).toHaveLength(6);
    expect(page).not.toContain('evil');
  });

  it('nor are WebSockets accepted there', async () => {
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ];
    expect(await say('evil.example', '/api/live', upgrade)).toMatch(/^HTTP\/1\.1 421 /);
  });

  it.each(['/healthz', '/readyz?x'])('%s answers a load balancer under any name', async (path) => {
    expect(await statusOf('balancer.example', path)).not.toBe(421);
  });
});

it('without PLATEN_PUBLIC_URL, the console answers under any name', async () => {
  server = await startTestServer();
  expect(await statusOf('any.example')).toBe(200);
  await server.stop();
});
