import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../../test/support/test-server';

describe('the own account', () => {
  let server: TestServer;
  beforeEach(async () => (server = await startTestServer()));
  afterEach(() => server?.stop());

  it('keeps name, mail address and language', async () => {
    const browser = await server.loggedIn(TECHNICIAN);
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
    ['no mail address', { email: 'not an address' }, 'email'],
    ['an unknown language', { language: 'xx' }, 'language'],
    ['an empty name', { displayName: ' ' }, 'displayName'],
  ])('does not take %s', async (_what, body, path) => {
    const browser = await server.loggedIn(TECHNICIAN);
    const refused = await browser.patch('/api/auth/me').send(body).expect(400);
    expect(refused.body.errors[0].path).toBe(path);
  });

  it('changes its password with the current one, and ends every other login', async () => {
    const here = await server.loggedIn(TECHNICIAN);
    const elsewhere = await server.loggedIn(TECHNICIAN);
    const { body } = await here.post('/api/tokens').send({ name: 'script' }).expect(201);
    const next = 'a brand new password';

    const wrong = await here.post('/api/auth/password').send({ current: 'not it', next }).expect(400);
    expect(wrong.body.errors).toEqual([expect.objectContaining({ path: 'current' })]);
    await elsewhere.get('/api/auth/me').expect(200);

    await here.post('/api/auth/password').send({ current: TECHNICIAN.password, next }).expect(204);
    await here.get('/api/auth/me').expect(200);
    await elsewhere.get('/api/auth/me').expect(401);
    await server.browser().get('/api/auth/me').set('Authorization', `Bearer ${body.token}`).expect(401);
    await server.browser().post('/api/auth/login').send(TECHNICIAN).expect(401);
    await server
      .browser()
      .post('/api/auth/login')
      .send({ ...TECHNICIAN, password: next })
      .expect(200);

    const admin = await server.loggedIn(ADMIN);
    const { rows } = (await admin.get('/api/audit').expect(200)).body as { rows: { action: string }[] };
    expect(rows.map((row) => row.action)).toContain('password.changed');
    expect(JSON.stringify(rows)).not.toContain(next);
  });

  it('lets nobody guess the current password on and on', async () => {
    const browser = await server.loggedIn(TECHNICIAN);
    const statuses: number[] = [];
    for (let n = 0; n < 11; n += 1) {
      const guess = { current: `guess ${n}`, next: 'a brand new password' };
      statuses.push((await browser.post('/api/auth/password').send(guess)).status);
    }
    expect(statuses.at(-1)).toBe(429);
  });
});
