import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../../../test/support/server/test-server';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { LIMITS } from '../../../protocol/limits';
import { LIVE_PATH } from '../../../protocol/live';

type Browser = ReturnType<TestServer['browser']>;

describe('login', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startTestServer()));
  afterAll(() => server?.stop());

  it('sets a cookie that no script and no other site can read', async () => {
    const browser = server.browser();
    const login = await browser.post('/api/auth/login').send(ADMIN).expect(200);
    expect(login.body).toMatchObject({ username: 'ada', displayName: 'Ada', role: 'admin', active: true });
    const { login: way, ...shown } = login.body as { login: string };
    expect(way).toBe('password'); // how the user logs in
    expect(JSON.stringify(shown)).not.toMatch(/password|hash/i);
    const cookie = login.get('Set-Cookie')?.at(-1) ?? '';
    expect(cookie).toMatch(/^platen\.sid=s%3A/);
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
    const lifetime = Date.parse(/Expires=([^;]+)/.exec(cookie)![1]!) - Date.now();
    expect(Math.abs(lifetime - LIMITS.COOKIE_SESSION_MS)).toBeLessThan(60_000);
    const me = await browser.get('/api/auth/me').expect(200);
    expect(me.body.username).toBe('ada');
  });

  const overHttps = () => server.browser().set('X-Forwarded-Proto', 'https');

  it('binds the cookie to this host behind an https proxy, at login and at logout', async () => {
    const browser = overHttps();
    const login = await browser.post('/api/auth/login').send(ADMIN).expect(200);
    const cookie = login.get('Set-Cookie')?.at(-1) ?? '';
    expect(cookie).toMatch(/^__Host-platen\.sid=s%3A[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/);
    const presented = cookie.split(';')[0]!;
    await overHttps().get('/api/auth/me').set('Cookie', presented).expect(200);
    const logout = await overHttps().post('/api/auth/logout').set('Cookie', presented).expect(204);
    expect(logout.get('Set-Cookie')?.at(-1)).toMatch(/^__Host-platen\.sid=; Path=\/; .*; Secure;/);
  });

  it('accepts over https no cookie that a page of a sibling domain could have planted', async () => {
    const login = await overHttps().post('/api/auth/login').send(ADMIN).expect(200);
    const planted = login.get('Set-Cookie')!.at(-1)!.split(';')[0]!.replace('__Host-', '');
    await overHttps().get('/api/auth/me').set('Cookie', planted).expect(401);
    await server.browser().get('/api/auth/me').set('Cookie', planted).expect(200); // the login itself is valid
  });

  it.each([
    ['a wrong password', { ...ADMIN, password: 'not the password' }],
    ['an unknown user', { ...ADMIN, username: 'unknown' }],
    ['an unknown user whose name is SQL', { ...ADMIN, username: "' OR 1=1 --" }],
  ])('refuses %s with the same answer', async (_what, body) => {
    const browser = server.browser();
    const refused = await browser.post('/api/auth/login').send(body).expect(401);
    expect(refused.body).toMatchObject({ code: 'login-refused', detail: 'User ID or password is wrong.' });
    expect(refused.get('Set-Cookie')).toBeUndefined();
    await browser.get('/api/auth/me').expect(401);
  });

  it.each([
    ['no body', undefined, ''],
    ['no password', { username: 'ada' }, 'password'],
    ['a password that is not a string', { username: 'ada', password: { $ne: '' } }, 'password'],
    ['an unknown field', { ...ADMIN, remember: true }, ''],
  ])('refuses %s as invalid', async (_what, body, path) => {
    const refused = await server.browser().post('/api/auth/login').send(body).expect(400);
    expect(refused.body.code).toBe('invalid-request');
    expect(refused.body.errors[0].path).toBe(path);
  });

  it.each([
    ['post', '/api/auth/login', ADMIN],
    ['post', '/api/auth/login/code', { code: '000 000' }],
    ['post', '/api/auth/login/passkey/options', {}],
    ['get', '/api/auth/oidc/login', undefined],
    ['get', '/api/auth/oidc/callback', undefined],
  ] as const)('refuses a login with a token: %s %s', async (method, path, body) => {
    const browser = await server.loggedIn(ADMIN);
    const { token } = (await browser.post('/api/tokens').send({ name: 'script' }).expect(201)).body;
    for (const value of [`Bearer ${token}`, 'Bearer x']) {
      const refused = await server.browser()[method](path).set('Authorization', value).send(body).expect(400);
      expect(refused.body).toMatchObject({ code: 'invalid-request', detail: expect.stringContaining('Authorization') });
      expect(refused.get('Set-Cookie')).toBeUndefined();
    }
  });

  it('accepts no password from the URL', async () => {
    const query = new URLSearchParams(ADMIN).toString();
    await server.browser().post(`/api/auth/login?${query}`).send({}).expect(400);
  });

  it('issues a new session ID at login, so that none can be planted (session fixation)', async () => {
    const browser = server.browser();
    const first = await browser.post('/api/auth/login').send(TECHNICIAN).expect(200);
    const planted = first.get('Set-Cookie')!.at(-1)!.split(';')[0]!;
    const second = await server.browser().post('/api/auth/login').set('Cookie', planted).send(ADMIN).expect(200);
    expect(second.get('Set-Cookie')!.at(-1)).not.toContain(planted);
    await server.browser().get('/api/auth/me').set('Cookie', planted).expect(401);
  });

  it('accepts no cookie that it has not signed', async () => {
    const login = await server.browser().post('/api/auth/login').send(ADMIN).expect(200);
    const cookie = login.get('Set-Cookie')!.at(-1)!.split(';')[0]!;
    await server.browser().get('/api/auth/me').set('Cookie', cookie).expect(200);
    const forged = `${cookie.slice(0, -8)}AAAAAAAA`;
    await server.browser().get('/api/auth/me').set('Cookie', forged).expect(401);
  });

  it('ends the login at logout, also for a copy of the cookie', async () => {
    const browser = server.browser();
    const login = await browser.post('/api/auth/login').send(ADMIN).expect(200);
    const cookie = login.get('Set-Cookie')!.at(-1)!.split(';')[0]!;
    const logout = await browser.post('/api/auth/logout').expect(204);
    expect(logout.get('Set-Cookie')?.at(-1)).toMatch(/^platen\.sid=;.*Expires=Thu, 01 Jan 1970/);
    await server.browser().get('/api/auth/me').set('Cookie', cookie).expect(401);
  });

  it('limits the logins of one address', async () => {
    const browser = server.browser();
    for (let n = 0; n < LIMITS.LOGINS_PER_MINUTE; n += 1) await browser.post('/api/auth/login').send({}).expect(400);
    const refused = await browser.post('/api/auth/login').send(ADMIN).expect(429);
    expect(refused.body.code).toBe('too-many-requests');
    expect(Number(refused.get('Retry-After'))).toBeGreaterThan(0);
    await server.browser().post('/api/auth/login').send(ADMIN).expect(200);
  });

  describe('after failed logins', () => {
    const GUESS = 'a wrong guess';
    let number = 0;
    /** A new user, because failures are counted for each. */
    const newUser = async () => {
      const user = { username: `victim-${(number += 1)}`, password: 'a password of ten' };
      const admin = await server.loggedIn(ADMIN);
      const body = { ...user, displayName: 'V', role: 'technician' };
      await admin.post('/api/users').send(body).expect(201);
      return user;
    };
    const logIn = (browser: Browser, user: object) => browser.post('/api/auth/login').send(user);
    const attack = async (browser: Browser, user: { username: string }) => {
      for (let n = 0; n < LIMITS.LOGIN_FAILURES_FREE; n += 1)
        await logIn(browser, { ...user, password: GUESS }).expect(401);
    };

    it('makes the next one from there wait, and says how long; logins elsewhere do not', async () => {
      const user = await newUser();
      const attacker = server.browser();
      await attack(attacker, user);
      const refused = await logIn(attacker, user).expect(429);
      expect(refused.body).toMatchObject({ code: 'too-many-requests', retryAfterSeconds: expect.any(Number) });
      const seconds = Number(refused.get('Retry-After'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(LIMITS.LOGIN_WAIT_FIRST_MS / 1000);
      await logIn(server.browser(), user).expect(200);
    });

    it('treats an unknown user ID alike', async () => {
      const attacker = server.browser();
      await attack(attacker, { username: 'unknown-user' });
      await logIn(attacker, { username: 'unknown-user', password: GUESS }).expect(429);
    });

    it('counts parallel guesses', async () => {
      const [user, attacker] = [await newUser(), server.browser()];
      const guesses = Array.from({ length: LIMITS.LOGINS_PER_MINUTE }, () =>
        logIn(attacker, { ...user, password: GUESS }),
      );
      const statuses = (await Promise.all(guesses)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 401)).toHaveLength(LIMITS.LOGIN_FAILURES_FREE);
    });

    describe('a browser that has logged in before', () => {
      const ADDRESS = '203.0.113.77';
      const cookiesOf = async (user: object) => (await logIn(server.browser(), user).expect(200)).get('Set-Cookie')!;
      const browserCookie = (cookies: string[]) => cookies.find((each) => each.startsWith('platen.browser='))!;
      const withCookie = (user: object, cookie: string) =>
        logIn(server.browser(ADDRESS), user).set('Cookie', cookie.split(';')[0]!);

      it('logs in from the address of an attacker, whatever the attacker does there', async () => {
        const user = await newUser();
        const cookie = browserCookie(await cookiesOf(user));
        expect(cookie).toMatch(/; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
        const attacker = server.browser(ADDRESS);
        for (let n = 0; n < LIMITS.LOGINS_PER_MINUTE + 1; n += 1) await logIn(attacker, { ...user, password: GUESS });
        await logIn(attacker, user).expect(429);
        await withCookie(user, cookie).expect(200);
      });

      it('waits after its own failures, and with the cookie of another user or a changed one like any other', async () => {
        const [user, other] = [await newUser(), await newUser()];
        const own = browserCookie(await cookiesOf(user));
        const foreign = browserCookie(await cookiesOf(other));
        const later = own.replace(/\.(\d+)\./, (_all, until: string) => `.${Number(until) + 1}.`);
        const guess = { ...user, password: GUESS };
        for (let n = 0; n < LIMITS.LOGIN_FAILURES_FREE; n += 1) await withCookie(guess, own).expect(401);
        await withCookie(user, own).expect(429);
        const elsewhere = server.browser();
        await attack(elsewhere, user);
        for (const cookie of [foreign, later])
          await logIn(elsewhere, user).set('Cookie', cookie.split(';')[0]!).expect(429);
        await logIn(server.browser(), user).expect(200);
      });
    });
  });
});

describe('login behind a proxy that is named', () => {
  const PROXY = '127.0.0.2';
  let server: TestServer;
  beforeAll(async () => (server = await startTestServer({ PLATEN_TRUST_PROXY: PROXY })));
  afterAll(() => server?.stop());

  /** @returns the cookie of a login whose headers name https */
  const cookieFrom = async (localAddress: string): Promise<string> => {
    const headers = { 'Content-Type': 'application/json', 'X-Forwarded-Proto': 'https' };
    const asked = request(`${server.url}/api/auth/login`, { method: 'POST', localAddress, headers, agent: false });
    asked.end(JSON.stringify(ADMIN));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(200);
    return answer.headers['set-cookie']!.at(-1)!.split(';')[0]!;
  };
  const opens = async (localAddress: string, Cookie: string): Promise<boolean> => {
    const headers = { Cookie, Origin: server.url, 'X-Forwarded-Proto': 'https' };
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}${LIVE_PATH}`, { headers, localAddress });
    const opened = await once(ws, 'open').then(
      () => true,
      () => false,
    );
    ws.terminate();
    return opened;
  };

  it.each([
    ['believes the proxy', PROXY, true],
    ['believes no other program on this computer', '127.0.0.1', false],
  ])('%s that a request came by https', async (_what, address, believed) => {
    const cookie = await cookieFrom(address);
    expect(cookie.startsWith('__Host-')).toBe(believed);
    const secure = `__Host-${cookie.replace('__Host-', '')}`;
    expect(await opens(address, secure)).toBe(believed);
  });
});
