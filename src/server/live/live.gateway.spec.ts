import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { setLimit } from '../../../test/support/relay/test-relay';
import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../../test/support/server/test-server';
import { until } from '../../../test/support/until';
import { LIVE_PATH } from '../../protocol/live';
import { LiveClients } from './live-clients';

type Browser = Awaited<ReturnType<TestServer['loggedIn']>>;
const HTTPS = { 'X-Forwarded-Proto': 'https' };

describe(`GET ${LIVE_PATH}`, () => {
  let server: TestServer;
  let cookie: string;
  let clients: LiveClients;
  const open: WebSocket[] = [];
  beforeAll(async () => {
    const used = jest.spyOn(LiveClients.prototype, 'hasRoomFor');
    server = await startTestServer();
    const login = await server.browser().post('/api/auth/login').send(TECHNICIAN).expect(200);
    cookie = login.get('Set-Cookie')!.at(-1)!.split(';')[0]!;
    expect(await dial({ Cookie: cookie, Origin: server.url })).toBe(101);
    clients = used.mock.contexts[0] as LiveClients;
    used.mockRestore();
    await closeAll();
  });
  const closeAll = async (): Promise<void> => {
    for (const ws of open.splice(0)) ws.terminate();
    await until('all consoles to disconnect', () => clients.none);
  };
  afterEach(closeAll);
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
    ['a wrong signature', () => ({ Cookie: `${cookie.slice(0, -4)}AAAA`, Origin: server.url }), 401],
    ['a login over https', () => ({ Cookie: `__Host-${cookie}`, Origin: server.url, ...HTTPS }), 101],
    ['a login over https that could be planted', () => ({ Cookie: cookie, Origin: server.url, ...HTTPS }), 401],
    ['no origin', () => ({ Cookie: cookie }), 403],
    ['a foreign origin', () => ({ Cookie: cookie, Origin: 'http://s-1.localhost' }), 403],
  ])('answers a client with %s', async (_what, headers, status) => {
    expect(await dial(headers() as unknown as Record<string, string>)).toBe(status);
  });

  describe('with room for 3 consoles', () => {
    const userHeaders = async (who: typeof ADMIN): Promise<Record<string, string>> => {
      const login = await server.browser().post('/api/auth/login').send(who).expect(200);
      return { Cookie: login.get('Set-Cookie')!.at(-1)!.split(';')[0]!, Origin: server.url };
    };
    /** Opens WebSockets one after another, until `count` have been admitted and stay open. */
    const admit = async (count: number, headers: Record<string, string>): Promise<void> => {
      for (let n = 0; n < count; n += 1) expect(await dial(headers)).toBe(101);
    };
    const full = 503;
    afterEach(() => void jest.restoreAllMocks());

    /** Whether the server answers a ping: it would have closed a WebSocket without room before. */
    const staysOpen = (ws: WebSocket): Promise<boolean> => {
      if (ws.readyState !== ws.OPEN) return Promise.resolve(false);
      const answered = once(ws, 'pong').then(() => true);
      ws.ping();
      return Promise.race([answered, once(ws, 'close').then(() => false)]);
    };

    it('refuses a fourth of one user, admits another user, and admits the first again when a console closes', async () => {
      setLimit('LIVE_CLIENTS_PER_USER', 3);
      const tom = await userHeaders(TECHNICIAN);
      await admit(3, tom);
      expect(await dial(tom)).toBe(full);
      await admit(1, await userHeaders(ADMIN));
      open[0]!.close();
      await until('room for another console', async () => (await dial(tom)) === 101);
      expect(await dial(tom)).toBe(full);
    });

    it('refuses a fourth of all users', async () => {
      setLimit('LIVE_CLIENTS', 3);
      await admit(2, await userHeaders(TECHNICIAN));
      const ada = await userHeaders(ADMIN);
      await admit(1, ada);
      expect(await dial(ada)).toBe(full);
    });

    it('leaves 3 of 8 concurrent requests open', async () => {
      setLimit('LIVE_CLIENTS_PER_USER', 3);
      const tom = await userHeaders(TECHNICIAN);
      const statuses = await Promise.all(Array.from({ length: 8 }, () => dial(tom)));
      expect(statuses.filter((status) => status !== 101 && status !== full)).toEqual([]);
      const isOpen = await Promise.all(open.map((ws) => staysOpen(ws)));
      expect(isOpen.filter(Boolean)).toHaveLength(3);
    });
  });

  it.each([
    ['logs out', (browser: Browser) => browser.post('/api/auth/logout').expect(204)],
    ['logs in as another user', (browser: Browser) => browser.post('/api/auth/login').send(ADMIN).expect(200)],
  ])('closes the consoles of a browser that %s at once, and no other', async (_what, end) => {
    const browser = server.browser();
    const login = await browser.post('/api/auth/login').send(TECHNICIAN).expect(200);
    const own = login
      .get('Set-Cookie')!
      .map((each) => each.split(';')[0]!)
      .join('; ');
    expect(await dial({ Cookie: own, Origin: server.url })).toBe(101);
    const closed = once(open[0]!, 'close');
    expect(await dial({ Cookie: cookie, Origin: server.url })).toBe(101);
    await end(browser);
    expect((await closed)[0]).toBe(4401);
    expect(open[1]!.readyState).toBe(WebSocket.OPEN);
  });

  it('refuses a login that has ended, or whose user has been deactivated', async () => {
    const browser = server.browser();
    const login = await browser.post('/api/auth/login').send(TECHNICIAN).expect(200);
    const another = login.get('Set-Cookie')!.at(-1)!.split(';')[0]!;
    const headers = { Cookie: another, Origin: server.url };
    expect(await dial(headers)).toBe(101);
    await browser.post('/api/auth/logout').expect(204);
    expect(await dial(headers)).toBe(401);

    const admin = await server.loggedIn(ADMIN);
    await admin.patch(`/api/users/${login.body.id}`).send({ active: false }).expect(200);
    expect(await dial({ Cookie: cookie, Origin: server.url })).toBe(401);
  });
});
