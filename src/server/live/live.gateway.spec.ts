import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../../test/support/server/test-server';
import { LIVE_PATH } from '../../protocol/live';

const HTTPS = { 'X-Forwarded-Proto': 'https' };

describe(`GET ${LIVE_PATH}`, () => {
  let server: TestServer;
  let cookie: string;
  const open: WebSocket[] = [];
  beforeAll(async () => {
    server = await startTestServer();
    const login = await server.browser().post('/api/auth/login').send(TECHNICIAN).expect(200);
    cookie = login.get('Set-Cookie')![0]!.split(';')[0]!;
  });
  afterEach(() => {
    for (const ws of open.splice(0)) ws.terminate();
  });
  afterAll(() => server?.stop());

  /** @returns the HTTP status of the answer; 101 when the WebSocket is open */
  async function dial(headers: Record<string, string>): Promise<number> {
    const ws = new WebSocket(`ws://127.0.0.1:${server.port}${LIVE_PATH}`, { headers });
    open.push(ws);
    const refused = new Promise<number>((resolve) => {
      ws.on('unexpected-response', (_request, response: IncomingMessage) => resolve(response.statusCode!));
    });
    ws.on('error', () => undefined);
    return Promise.race([refused, once(ws, 'open').then(() => 101)]);
  }

  it.each([
    ['a login and its own origin', () => ({ Cookie: cookie, Origin: server.url }), 101],
    ['other cookies beside the login', () => ({ Cookie: `a=b; ${cookie}; c=d`, Origin: server.url }), 101],
    ['no login', () => ({ Origin: server.url }), 401],
    ['a cookie that is not ours', () => ({ Cookie: 'platen.sid=s%3Aabc.def', Origin: server.url }), 401],
    ['a damaged cookie', () => ({ Cookie: 'platen.sid=%zz', Origin: server.url }), 401],
    ['a signature of another', () => ({ Cookie: `${cookie.slice(0, -4)}AAAA`, Origin: server.url }), 401],
    ['a login over https', () => ({ Cookie: `__Host-${cookie}`, Origin: server.url, ...HTTPS }), 101],
    ['a login over https that could be planted', () => ({ Cookie: cookie, Origin: server.url, ...HTTPS }), 401],
    ['no origin', () => ({ Cookie: cookie }), 403],
    ['a foreign origin', () => ({ Cookie: cookie, Origin: 'http://s-1.localhost' }), 403],
  ])('answers a client with %s', async (_what, headers, status) => {
    expect(await dial(headers() as unknown as Record<string, string>)).toBe(status);
  });

  it('takes no login that has ended, or whose user has been deactivated', async () => {
    const browser = server.browser();
    const login = await browser.post('/api/auth/login').send(TECHNICIAN).expect(200);
    const another = login.get('Set-Cookie')![0]!.split(';')[0]!;
    const headers = { Cookie: another, Origin: server.url };
    expect(await dial(headers)).toBe(101);
    await browser.post('/api/auth/logout').expect(204);
    expect(await dial(headers)).toBe(401);

    const admin = await server.loggedIn(ADMIN);
    await admin.patch(`/api/users/${login.body.id}`).send({ active: false }).expect(200);
    expect(await dial({ Cookie: cookie, Origin: server.url })).toBe(401);
  });
});
