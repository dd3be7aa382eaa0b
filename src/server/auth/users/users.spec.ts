import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../../../test/support/server/test-server';

type Browser = Awaited<ReturnType<TestServer['loggedIn']>>;

interface Row {
  id: string;
  administratorId: string | null;
}

const credentials = ({ username, password }: { username: string; password: string }) => ({ username, password });

describe('users', () => {
  let server: TestServer;
  let admin: Browser;
  let adminId: string;
  beforeAll(async () => {
    server = await startTestServer();
    admin = await server.loggedIn(ADMIN);
    adminId = (await admin.get('/api/auth/me')).body.id;
  });
  afterAll(() => server?.stop());

  const make = async (username: string, role = 'technician') => {
    const user = { username, password: `password of ${username}` };
    const made = await admin
      .post('/api/users')
      .send({ ...user, displayName: username, role })
      .expect(201);
    return { ...user, id: made.body.id as string };
  };

  it('are listed in pages by name', async () => {
    await make('zoe');
    const first = await admin.get('/api/users?limit=2').expect(200);
    expect(first.body.rows.map((user: { username: string }) => user.username)).toEqual(['ada', 'tom']);
    expect(first.body.rows[0]).not.toHaveProperty('passwordHash');
    const second = await admin.get(`/api/users?limit=2&cursor=${first.body.next}`).expect(200);
    expect(second.body).toMatchObject({ rows: [{ username: 'zoe' }], next: null });
  });

  it.each([
    ['a name that is taken', { username: 'tom' }, 409, 'conflict'],
    ['a name in capitals', { username: 'Tom' }, 400, 'invalid-request'],
    ['a short password', { password: 'short' }, 400, 'invalid-request'],
    ['an unknown role', { role: 'root' }, 400, 'invalid-request'],
    ['an unknown field', { active: false }, 400, 'invalid-request'],
  ])('are not created with %s', async (_what, change, status, code) => {
    const user = { username: 'new', displayName: 'New', role: 'technician', password: 'long enough to do' };
    const refused = await admin.post('/api/users').send({ ...user, ...change });
    expect([refused.status, refused.body.code]).toEqual([status, code]);
  });

  it.each([
    ['a new password', { password: 'a completely new one' }],
    ['deactivation', { active: false }],
  ])('lose all their logins after %s', async (what, change) => {
    const user = await make(what.replaceAll(' ', '-'));
    const browser = await server.loggedIn(user);
    const { token } = (await browser.post('/api/tokens').send({ name: 'x' }).expect(201)).body;
    const withToken = () => server.browser().get('/api/auth/me').set('Authorization', `Bearer ${token}`);
    await withToken().expect(200);
    await admin.patch(`/api/users/${user.id}`).send(change).expect(200);
    await browser.get('/api/auth/me').expect(401);
    await withToken().expect(401);
    await server.browser().post('/api/auth/login').send(credentials(user)).expect(401);
  });

  it('cannot log in while deactivated, and can again afterwards', async () => {
    const user = await make('away');
    await admin.patch(`/api/users/${user.id}`).send({ active: false }).expect(200);
    await server.browser().post('/api/auth/login').send(credentials(user)).expect(401);
    await admin.patch(`/api/users/${user.id}`).send({ active: true }).expect(200);
    await server.loggedIn(user);
  });

  it('get a new role with their next request', async () => {
    const user = await make('promoted');
    const browser = await server.loggedIn(user);
    await browser.get('/api/users').expect(403);
    await admin.patch(`/api/users/${user.id}`).send({ role: 'admin' }).expect(200);
    await browser.get('/api/users').expect(200);
    await admin.patch(`/api/users/${user.id}`).send({ role: 'technician' }).expect(200);
  });

  it.each([[{ active: false }], [{ role: 'technician' }]])('keep their last administrator: %j', async (change) => {
    const refused = await admin.patch(`/api/users/${adminId}`).send(change).expect(409);
    expect(refused.body).toMatchObject({ code: 'conflict', detail: 'This is the last active administrator.' });
    await admin.get('/api/users').expect(200);
  });

  describe('have an administrator', () => {
    const give = (id: string, administratorId: string | null) =>
      admin.patch(`/api/users/${id}`).send({ administratorId });

    it('who is another active user with the role admin, or none', async () => {
      const user = await make('led');
      expect((await give(user.id, adminId).expect(200)).body.administratorId).toBe(adminId);
      expect((await give(user.id, null).expect(200)).body.administratorId).toBeNull();
    });

    it.each<[string, () => Promise<string>]>([
      ['unknown', () => Promise.resolve('00000000-0000-4000-8000-000000000000')],
      ['a technician', async () => (await make('colleague')).id],
      [
        'a deactivated administrator',
        async () => {
          const { id } = await make('gone-admin', 'admin');
          await admin.patch(`/api/users/${id}`).send({ active: false }).expect(200);
          return id;
        },
      ],
    ])('who is not %s', async (what, administrator) => {
      const user = await make(`led-${what.length}`);
      const refused = await give(user.id, await administrator()).expect(400);
      expect(refused.body.errors).toMatchObject([{ path: 'administratorId' }]);
    });

    it('who is not the user themselves', async () => {
      const refused = await give(adminId, adminId).expect(400);
      expect(refused.body.errors).toMatchObject([{ path: 'administratorId' }]);
    });

    it.each([
      ['deactivated', { active: false }],
      ['made a technician', { role: 'technician' }],
    ])('until the administrator is %s', async (what, change) => {
      const chief = await make(`chief-${what.length}`, 'admin');
      const [user, other] = [await make(`a-${what.length}`), await make(`b-${what.length}`)];
      await give(user.id, chief.id).expect(200);
      await give(other.id, adminId).expect(200);
      await admin.patch(`/api/users/${chief.id}`).send(change).expect(200);
      const { rows } = (await admin.get('/api/users?limit=200').expect(200)).body;
      const administrators = new Map(rows.map((row: Row) => [row.id, row.administratorId]));
      expect([administrators.get(user.id), administrators.get(other.id)]).toEqual([null, adminId]);
    });

    it('whom they cannot choose themselves', async () => {
      const browser = await server.loggedIn(await make('proud'));
      await browser.patch('/api/auth/me').send({ administratorId: adminId }).expect(400);
    });
  });

  it('keep one administrator when two demote each other at the same moment', async () => {
    const other = await make('other-admin', 'admin');
    const otherBrowser = await server.loggedIn(other);
    const answers = await Promise.all([
      admin.patch(`/api/users/${other.id}`).send({ role: 'technician' }),
      otherBrowser.patch(`/api/users/${adminId}`).send({ role: 'technician' }),
    ]);
    const roles = await Promise.all(
      [admin, otherBrowser].map(async (browser) => (await browser.get('/api/auth/me')).body.role),
    );
    expect(roles).toContain('admin');
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    if (roles[0] !== 'admin') await otherBrowser.patch(`/api/users/${adminId}`).send({ role: 'admin' }).expect(200);
  });

  it.each([
    ['unknown', '00000000-0000-4000-8000-000000000000', 404],
    ['not identified by a UUID', 'tom', 400],
  ])('cannot be changed when they are %s', async (_what, id, status) => {
    await admin.patch(`/api/users/${id}`).send({ active: false }).expect(status);
  });

  it('are recorded in the audit trail, newest first, in pages, without a secret', async () => {
    await server
      .browser()
      .post('/api/auth/login')
      .send({ ...TECHNICIAN, password: 'oh no, wrong' })
      .expect(401);
    await server.browser().post('/api/auth/login').send({ username: 'my password', password: 'x' }).expect(401);
    const { body } = await admin.get('/api/audit?limit=2').expect(200);
    expect(body.rows).toMatchObject([
      { actor: '(no login)', action: 'login.refused', target: '(unknown user)' },
      { actor: '(no login)', action: 'login.refused', target: 'tom' },
    ]);
    const all = await admin.get('/api/audit?limit=200').expect(200);
    const next = await admin.get(`/api/audit?limit=2&cursor=${body.next}`).expect(200);
    expect(next.body.rows).toEqual(all.body.rows.slice(2, 4));
    const actions = new Set(all.body.rows.map((row: { action: string }) => row.action));
    expect([...actions].sort()).toEqual(
      ['login.permitted', 'login.refused', 'token.created', 'user.changed', 'user.created'].sort(),
    );
    expect(JSON.stringify(all.body)).not.toMatch(/password of|completely new|scrypt|plt_/);
    await admin.get('/api/audit?cursor=x').expect(400);
  });
});
