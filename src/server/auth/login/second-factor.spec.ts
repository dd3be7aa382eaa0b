import { generateSync } from 'otplib';
import { DataSource } from 'typeorm';
import WebSocket from 'ws';
import { dataSourceOptions } from '../../../../ormconfig';
import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../../../test/support/server/test-server';
import { LIMITS } from '../../../protocol/limits';
import { LIVE_PATH } from '../../../protocol/live';

type Browser = Awaited<ReturnType<TestServer['loggedIn']>>;
interface App {
  readonly secret: string;
  readonly recoveryCodes: string[];
}

const STEP_MS = 30_000;
/** The code that the app shows after some steps of 30 s. */
const codeOf = (secret: string, stepsAhead = 0): string =>
  generateSync({ secret, epoch: Math.floor((Date.now() + stepsAhead * STEP_MS) / 1000) });
const WRONG = '000 000';

const logIn = (browser: Browser, { username, password }: typeof ADMIN) =>
  browser.post('/api/auth/login').send({ username, password });
const enter = (browser: Browser, code: string) => browser.post('/api/auth/login/code').send({ code });

async function setUp(browser: Browser): Promise<App> {
  const { body } = await browser.post('/api/auth/factors/totp').send({ name: 'phone' }).expect(201);
  const confirmed = await browser
    .post(`/api/auth/factors/totp/${body.id}/confirmation`)
    .send({ code: codeOf(body.secret, -1) })
    .expect(200);
  return { secret: body.secret, recoveryCodes: confirmed.body.recoveryCodes };
}

describe('a second factor', () => {
  let server: TestServer;
  let admin: Browser;
  let number = 0;
  beforeAll(async () => {
    server = await startTestServer();
    admin = await server.loggedIn(ADMIN);
  });
  afterAll(() => server?.stop());

  /** A new user with an authenticator app. */
  const newUser = async () => {
    const user = { username: `user-${(number += 1)}`, password: 'a password of ten' };
    const body = { ...user, displayName: 'U', role: 'technician' };
    const { id } = (await admin.post('/api/users').send(body).expect(201)).body as { id: string };
    const browser = await server.loggedIn(user);
    return { user, id, browser, app: await setUp(browser) };
  };
  const pending = async (user: typeof ADMIN, browser = server.browser()) => {
    const answer = await logIn(browser, user).expect(401);
    expect(answer.body.code).toBe('second-factor-required');
    return browser;
  };

  it('is asked for after the password', async () => {
    const { user, app } = await newUser();
    const browser = await pending(user);
    const state = await browser.get('/api/auth/login').expect(200);
    expect(state.body.pending).toEqual({ step: 'second-factor', username: user.username, factors: ['totp'] });
    const me = await enter(browser, codeOf(app.secret)).expect(200);
    expect(me.body.username).toBe(user.username);
    await browser.get('/api/auth/me').expect(200);
    expect((await browser.get('/api/auth/login')).body.pending).toBeNull();
  });

  it('opens nothing before it is proved, whichever cookie or route is tried', async () => {
    const { user } = await newUser();
    const browser = await pending(user);
    const { paths } = (await admin.get('/api/docs-json').expect(200)).body as { paths: Record<string, object> };
    const open: string[] = [];
    for (const [path, item] of Object.entries(paths))
      for (const method of Object.keys(item)) {
        const route = `${method.toUpperCase()} ${path}`;
        if (/^(DELETE|POST) .api.auth.login\b/.test(route)) continue;
        const { status } = await browser[method as 'get'](path.replaceAll(/\{\w+\}/g, 'x'));
        if (status !== 401) open.push(`${route} ${status}`);
      }
    // these are open to everyone
    expect(
      open.filter(
        (each) =>
          !/ \/(api\/about|api\/auth\/login|api\/auth\/oidc|api\/enrolment|oauth\/token|\.well-known)\b/.test(each),
      ),
    ).toEqual([]);
    const cookie = (await logIn(browser, user)).get('Set-Cookie')!.at(-1)!.split(';')[0]!;
    const live = new WebSocket(`${server.url.replace('http', 'ws')}${LIVE_PATH}`, {
      headers: { cookie, origin: server.url },
    });
    const status = await new Promise((resolve) => {
      live.on('unexpected-response', (_request, answer) => resolve(answer.statusCode));
      live.on('error', () => undefined);
      live.on('open', () => resolve('open'));
    });
    expect(status).toBe(401);
  });

  it('gets another session ID than the password, and that of the password becomes useless', async () => {
    const { user, app } = await newUser();
    const planted = (await logIn(server.browser(), user).expect(401)).get('Set-Cookie')!.at(-1)!.split(';')[0]!;
    const victim = server.browser();
    const first = (await logIn(victim, user).set('Cookie', planted).expect(401)).get('Set-Cookie')!.at(-1)!;
    expect(first.split(';')[0]).not.toBe(planted);
    const second = (await enter(victim, codeOf(app.secret)).expect(200)).get('Set-Cookie')!.at(-1)!;
    expect(second.split(';')[0]).not.toBe(first.split(';')[0]);
    for (const cookie of [planted, first.split(';')[0]!])
      await server.browser().get('/api/auth/me').set('Cookie', cookie).expect(401);
  });

  it('accepts no code twice, nor an older one, also at the same moment', async () => {
    const { user, app } = await newUser();
    const code = codeOf(app.secret);
    const browsers = [await pending(user), await pending(user), await pending(user)];
    const answers = await Promise.all(browsers.map((browser) => enter(browser, code)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    const refused = answers.find(({ status }) => status === 401)!;
    expect(refused.body.code).toBe('factor-refused');
    const again = await pending(user);
    await enter(again, codeOf(app.secret, -1)).expect(401);
    await enter(again, codeOf(app.secret, 1)).expect(200);
  });

  it('may be a recovery code, each once, as typed', async () => {
    const { user, app } = await newUser();
    expect(app.recoveryCodes).toHaveLength(LIMITS.RECOVERY_CODES);
    const [first, second] = app.recoveryCodes as [string, string];
    expect(first).toMatch(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/);
    const browsers = [await pending(user), await pending(user)];
    const answers = await Promise.all(browsers.map((browser) => enter(browser, first)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    const typed = second.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
    const browser = await pending(user);
    await enter(browser, typed).expect(200);
    const left = (await browser.get('/api/auth/factors').expect(200)).body;
    expect(left).toMatchObject({
      recoveryCodes: LIMITS.RECOVERY_CODES - 2,
      factors: [{ kind: 'totp', name: 'phone' }],
    });
    const { body } = await browser.post('/api/auth/factors/recovery-codes').expect(200);
    expect(body.recoveryCodes).toHaveLength(LIMITS.RECOVERY_CODES);
    await enter(await pending(user), app.recoveryCodes[2]!).expect(401);
  });

  it('makes guesses wait, from wherever they come; not in a browser that has logged in before', async () => {
    const { user, app } = await newUser();
    const known = server.browser();
    await enter(await pending(user, known), codeOf(app.secret)).expect(200);
    for (let n = 0; n < LIMITS.LOGIN_FAILURES_FREE; n += 1)
      await enter(await pending(user), n % 2 ? WRONG : 'AAAA-BBBB-CCCC-DDDD').expect(401);
    const refused = await enter(await pending(user), app.recoveryCodes[0]!).expect(429);
    expect(refused.body).toMatchObject({ code: 'too-many-requests', retryAfterSeconds: expect.any(Number) });
    await enter(await pending(user, known), app.recoveryCodes[0]!).expect(200);
  });

  it('counts guesses at the same moment', async () => {
    const { user } = await newUser();
    const browser = await pending(user);
    const guesses = await Promise.all(Array.from({ length: LIMITS.LOGINS_PER_MINUTE }, () => enter(browser, WRONG)));
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(LIMITS.LOGIN_FAILURES_FREE);
  });

  it.each([
    [
      'a new password',
      (id: string) => admin.patch(`/api/users/${id}`).send({ password: 'another password' }).expect(200),
    ],
    ['a deactivation', (id: string) => admin.patch(`/api/users/${id}`).send({ active: false }).expect(200)],
  ])('is refused to a login that began before %s', async (_what, change) => {
    const { user, id, app } = await newUser();
    const browser = await pending(user);
    await change(id);
    await enter(browser, codeOf(app.secret)).expect(401);
    await browser.get('/api/auth/me').expect(401);
  });

  it('is not accepted too late, nor after the login was given up', async () => {
    const { user, app } = await newUser();
    const late = await pending(user);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + LIMITS.PENDING_LOGIN_MS + 1);
    await enter(late, codeOf(app.secret)).expect(401);
    jest.restoreAllMocks();
    const given = await pending(user);
    await given.delete('/api/auth/login').expect(204);
    const refused = await enter(given, codeOf(app.secret)).expect(401);
    expect(refused.body.code).toBe('not-logged-in');
  });

  it('is refused to pages of other sites', async () => {
    const { user, app } = await newUser();
    const browser = await pending(user);
    await enter(browser, codeOf(app.secret)).set('Sec-Fetch-Site', 'cross-site').expect(403);
  });

  it('is stored encrypted, and its recovery codes as hashes', async () => {
    const { app } = await newUser();
    const source = await new DataSource({ ...dataSourceOptions(server.config), entities: [] }).initialize();
    const rows = [
      ...(await source.query('SELECT * FROM second_factors')),
      ...(await source.query('SELECT * FROM recovery_codes')),
      ...(await source.query('SELECT * FROM cookie_sessions')),
      ...(await source.query('SELECT * FROM audit_events')),
    ];
    await source.destroy();
    const stored = JSON.stringify(rows);
    expect(stored).toContain('phone');
    for (const secret of [app.secret, ...app.recoveryCodes, app.recoveryCodes[0]!.replaceAll('-', '')])
      expect(stored).not.toContain(secret);
  });

  describe('is changed', () => {
    it('only shortly after a login', async () => {
      const { browser } = await newUser();
      const now = Date.now();
      jest.spyOn(Date, 'now').mockReturnValue(now + LIMITS.FACTOR_CHANGE_MS + 60_000);
      const refused = await browser.post('/api/auth/factors/totp').send({ name: 'tablet' }).expect(403);
      expect(refused.body.code).toBe('login-too-old');
      jest.restoreAllMocks();
      await browser.post('/api/auth/factors/totp').send({ name: 'tablet' }).expect(201);
    });

    it('not with an API token, whatever it covers', async () => {
      const made = await admin.post('/api/tokens').send({ name: 'script', accounts: true }).expect(201);
      const { id } = await newUser();
      for (const path of ['/api/auth/factors/recovery-codes', '/api/auth/factors/totp'])
        await server
          .browser()
          .post(path)
          .set('Authorization', `Bearer ${made.body.token}`)
          .send({ name: 'x' })
          .expect(403);
      await server
        .browser()
        .delete(`/api/users/${id}/factors`)
        .set('Authorization', `Bearer ${made.body.token}`)
        .expect(403);
    });

    it('by its user: with the last one, the recovery codes go, too', async () => {
      const { user, browser, app } = await newUser();
      const { body } = await browser.get('/api/auth/factors').expect(200);
      await browser.delete(`/api/auth/factors/${body.factors[0].id}`).expect(204);
      await logIn(server.browser(), user).expect(200);
      expect((await browser.get('/api/auth/factors')).body).toMatchObject({ factors: [], recoveryCodes: 0 });
      const again = await setUp(browser);
      await enter(await pending(user), app.recoveryCodes[0]!).expect(401);
      await enter(await pending(user), again.recoveryCodes[0]!).expect(200);
    });

    it('of another user not at all, except by an administrator who removes all', async () => {
      const [one, other] = [await newUser(), await newUser()];
      const { body } = await one.browser.get('/api/auth/factors').expect(200);
      await other.browser.delete(`/api/auth/factors/${body.factors[0].id}`).expect(404);
      await other.browser.delete(`/api/users/${one.id}/factors`).expect(403);
      await admin.delete(`/api/users/${one.id}/factors`).expect(204);
      await logIn(server.browser(), one.user).expect(200);
    });

    it('not by a wrong code', async () => {
      const { browser } = await newUser();
      const { body } = await browser.post('/api/auth/factors/totp').send({ name: 'tablet' }).expect(201);
      const path = `/api/auth/factors/totp/${body.id}/confirmation`;
      const refused = await browser.post(path).send({ code: WRONG }).expect(400);
      expect(refused.body.errors).toEqual([{ path: 'code', message: expect.any(String) }]);
      const added = await browser
        .post(path)
        .send({ code: codeOf(body.secret) })
        .expect(200);
      expect(added.body.recoveryCodes).toBeNull(); // those of the first app stay
    });
  });
});

describe('a second factor that a role requires', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startTestServer({ PLATEN_SECOND_FACTOR_ROLES: 'admin' })));
  afterAll(() => server?.stop());

  let admin: Browser;

  it('is set up before anything else, and completes the login', async () => {
    const browser = (admin = server.browser());
    const answer = await logIn(browser, ADMIN).expect(401);
    expect(answer.body.code).toBe('second-factor-missing');
    const { body: state } = await browser.get('/api/auth/login').expect(200);
    expect(state.pending).toEqual({ step: 'set-up', username: ADMIN.username, factors: [] });
    await browser.get('/api/users').expect(401);
    await enter(browser, WRONG).expect(401);
    const app = await setUp(browser);
    expect(app.recoveryCodes).toHaveLength(LIMITS.RECOVERY_CODES);
    await browser.get('/api/users').expect(200);
    const { body } = await browser.get('/api/auth/factors').expect(200);
    expect(body.required).toBe(true);
    const refused = await browser.delete(`/api/auth/factors/${body.factors[0].id}`).expect(409);
    expect(refused.body.detail).toContain('Your role requires');
  });

  it('is not required of the others', async () => {
    await logIn(server.browser(), TECHNICIAN).expect(200);
  });

  it('ends the logins without it of a user who gets that role', async () => {
    const technician = await server.loggedIn(TECHNICIAN);
    const { id } = (await technician.get('/api/auth/me').expect(200)).body as { id: string };
    await admin.patch(`/api/users/${id}`).send({ role: 'admin' }).expect(200);
    await technician.get('/api/auth/me').expect(401);
    await logIn(technician, TECHNICIAN).expect(401);
  });
});
