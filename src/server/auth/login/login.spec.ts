import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../../../test/support/server/test-server';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { LIMITS } from '../../../protocol/limits';
import { LIVE_PATH } from '../../../protocol/live';

describe('login', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startTestServer()));
  afterAll(() => server?.stop());

  it('sets a cookie that no script and no other site can read', async () => {
    const browser = server.browser();
    const login = await browser.post('/api/auth/login').send(ADMIN).expect(200);
    expect(login.body).toMatchObject({ username: 'ada', displayName: 'Ada', role: 'admin', active: true });
    expect(JSON.stringify(login.body)).not.toMatch(/password|hash/i);
    const [cookie = ''] = login.get('Set-Cookie') ?? [];
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
    const [cookie = ''] = login.get('Set-Cookie') ?? [];
    expect(cookie).toMatch(/^__Host-platen\.sid=s%3A[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/);
    const presented = cookie.split(';')[0]!;
    await overHttps().get('/api/auth/me').set('Cookie', presented).expect(200);
    const logout = await overHttps().post('/api/auth/logout').set('Cookie', presented).expect(204);
    expect(logout.get('Set-Cookie')?.[0]).toMatch(/^__Host-platen\.sid=; Path=\/; .*; Secure;/);
  });

  it('accepts over https no cookie that a page of a sibling domain could have planted', async () => {
    const login = await overHttps().post('/api/auth/login').send(ADMIN).expect(200);
    const planted = login.get('Set-Cookie')![0]!.split(';')[0]!.replace('__Host-', '');
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

  it('accepts no password from the URL', async () => {
    const query = new URLSearchParams(ADMIN).toString();
    await server.browser().post(`/api/auth/login?${query}`).send({}).expect(400);
  });

  it('issues a new session ID at login, so that none can be planted (session fixation)', async () => {
    const browser = server.browser();
    const first = await browser.post('/api/auth/login').send(TECHNICIAN).expect(200);
    const planted = first.get('Set-Cookie')![0]!.split(';')[0]!;
    const second = await server.browser().post('/api/auth/login').set('Cookie', planted).send(ADMIN).expect(200);
    expect(second.get('Set-Cookie')![0]).not.toContain(planted);
    await server.browser().get('/api/auth/me').set('Cookie', planted).expect(401);
  });

  it('accepts no cookie that it has not signed', async () => {
    const login = await server.browser().post('/api/auth/login').send(ADMIN).expect(200);
    const cookie = login.get('Set-Cookie')![0]!.split(';')[0]!;
    await server.browser().get('/api/auth/me').set('Cookie', cookie).expect(200);
    const forged = `${cookie.slice(0, -8)}AAAAAAAA`;
    await server.browser().get('/api/auth/me').set('Cookie', forged).expect(401);
  });

  it('ends the login at logout, also for a copy of the cookie', async () => {
    const browser = server.browser();
    const login = await browser.post('/api/auth/login').send(ADMIN).expect(200);
    const cookie = login.get('Set-Cookie')![0]!.split(';')[0]!;
    const logout = await browser.post('/api/auth/logout').expect(204);
    expect(logout.get('Set-Cookie')?.[0]).toMatch(/^platen\.sid=;.*Expires=Thu, 01 Jan 1970/);
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

  it('limits the failed logins of one account from many addresses at once, but not at a known address', async () => {
    const user = { username: 'victim', password: 'a password of ten' };
    const admin = await server.loggedIn(ADMIN);
    await admin
      .post('/api/users')
      .send({ ...user, displayName: 'V', role: 'technician' })
      .expect(201);
    const home = server.browser();
    await home.post('/api/auth/login').send(user).expect(200);

    const guesses = Array.from({ length: LIMITS.LOGIN_FAILURES_PER_ACCOUNT + 3 }, () =>
      server
        .browser()
        .post('/api/auth/login')
        .send({ ...user, password: 'a wrong guess' }),
    );
    const statuses = (await Promise.all(guesses)).map((answer) => answer.status).sort();
    expect(statuses).toEqual([...Array(LIMITS.LOGIN_FAILURES_PER_ACCOUNT).fill(401), 429, 429, 429]);
    const elsewhere = await server.browser().post('/api/auth/login').send(user).expect(429);
    expect(Number(elsewhere.get('Retry-After'))).toBeGreaterThan(LIMITS.LOGIN_WINDOW_MS / 1000 - 60);
    await home.post('/api/auth/login').send(user).expect(200);
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
    return answer.headers['set-cookie']![0]!.split(';')[0]!;
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
