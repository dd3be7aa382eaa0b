import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../../../test/support/server/test-server';
import { LIMITS } from '../../../protocol/limits';

describe("a user's own account", () => {
  let server: TestServer;
  let admin: Awaited<ReturnType<TestServer['loggedIn']>>;
  beforeAll(async () => {
    server = await startTestServer();
    admin = await server.loggedIn(ADMIN);
  });
  afterAll(() => server?.stop());

  let users = 0;
  /** The credentials of a new user. */
  async function newUser(): Promise<{ username: string; password: string }> {
    const credentials = { username: `user-${(users += 1)}`, password: 'a password of their own' };
    const user = { ...credentials, displayName: 'User', role: 'technician' };
    await admin.post('/api/users').send(user).expect(201);
    return credentials;
  }

  it('has a name, a mail address and a language', async () => {
    const browser = await server.loggedIn(await newUser());
    const before = await browser.get('/api/auth/me').expect(200);
    expect(before.body).toMatchObject({ email: null, language: null });
    const change = { displayName: 'Tomoko', email: 'tomoko@example.com', language: 'ja' };
    const changed = await browser.patch('/api/auth/me').send(change).expect(200);
    expect(changed.body).toEqual({ ...before.body, ...change });
    const cleared = await browser.patch('/api/auth/me').send({ email: null }).expect(200);
    expect(cleared.body).toMatchObject({ displayName: 'Tomoko', email: null, language: 'ja' });
  });

  it.each([
    ['a role', { role: 'admin' }, ''],
    ['text that is no mail address', { email: 'not an address' }, 'email'],
    ['an unknown language', { language: 'xx' }, 'language'],
    ['an empty name', { displayName: ' ' }, 'displayName'],
  ])('refuses %s', async (_what, body, path) => {
    const browser = await server.loggedIn(TECHNICIAN);
    const refused = await browser.patch('/api/auth/me').send(body).expect(400);
    expect(refused.body.errors[0].path).toBe(path);
  });

  it('changes its password with the current one, and ends every other login', async () => {
    const user = await newUser();
    const here = await server.loggedIn(user);
    const elsewhere = await server.loggedIn(user);
    const { body } = await here.post('/api/tokens').send({ name: 'script' }).expect(201);
    const next = 'a brand new password';

    const wrong = await here.post('/api/auth/password').send({ current: 'not it', next }).expect(400);
    expect(wrong.body.errors).toEqual([expect.objectContaining({ path: 'current' })]);
    await elsewhere.get('/api/auth/me').expect(200);

    await here.post('/api/auth/password').send({ current: user.password, next }).expect(204);
    await here.get('/api/auth/me').expect(200);
    await elsewhere.get('/api/auth/me').expect(401);
    await server.browser().get('/api/auth/me').set('Authorization', `Bearer ${body.token}`).expect(401);
    await server.browser().post('/api/auth/login').send(user).expect(401);
    await server.loggedIn({ ...user, password: next });

    const { rows } = (await admin.get('/api/audit').expect(200)).body as { rows: { action: string }[] };
    expect(rows.map((row) => row.action)).toContain('password.changed');
    expect(JSON.stringify(rows)).not.toContain(next);
  });

  it('limits the guesses at its current password', async () => {
    const browser = await server.loggedIn(await newUser());
    const guess = { current: 'a guess', next: 'a brand new password' };
    for (let n = 0; n < LIMITS.LOGIN_FAILURES_FREE; n += 1)
      await browser.post('/api/auth/password').send(guess).expect(400);
    await browser.post('/api/auth/password').send(guess).expect(429);
  });
});
