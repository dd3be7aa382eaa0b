import { randomUUID } from 'node:crypto';
import { dataSourceOptions } from '../../../../ormconfig';
import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../../../test/support/server/test-server';
import { openDatabase } from '../../database/open-database';
import { loadSecrets } from '../../config/secrets';
import { ApiTokenEntity } from './api-token.entity';
import { ApiTokensRepository } from './api-tokens.repository';
import { endOfToken } from './api-tokens.service';

const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';
const NOW = new Date('2026-03-02T09:00:00Z');
const day = (days: number) => new Date(NOW.getTime() + days * 24 * 60 * 60_000);

describe('a new token', () => {
  it.each([
    ['of a login', undefined, null, null],
    ['of a login, for a week', 7, null, day(7)],
    ['of a token without end', undefined, null, null],
    ['of a token that expires', undefined, day(3), day(3)],
    ['of a token that expires later', 2, day(3), day(2)],
    ['of a token that expires at the same time', 3, day(3), day(3)],
    ['of a token that expires earlier', 4, day(3), 'too-late'],
  ])('%s, %s days, with a token until %s, ends at %s', (_whose, days, parentEnd, end) => {
    expect(endOfToken(NOW, days, parentEnd)).toEqual(end);
  });
});

type Browser = Awaited<ReturnType<TestServer['loggedIn']>>;

describe('API tokens', () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await startTestServer();
    browser = await server.loggedIn(TECHNICIAN);
  });
  afterAll(() => server?.stop());

  const create = async (body: object = { name: 'laptop' }) =>
    (await browser.post('/api/tokens').send(body).expect(201)).body as { id: string; token: string };
  const me = (token: string, scheme = 'Bearer') =>
    server.browser().get('/api/auth/me').set('Authorization', `${scheme} ${token}`);

  it('authenticate a program, without a cookie', async () => {
    const { token, id } = await create();
    expect(token).toMatch(new RegExp(`^plt_${id}_[A-Za-z0-9_-]{43}$`));
    const answer = await me(token).expect(200);
    expect(answer.body.username).toBe('tom');
    expect(answer.get('Set-Cookie')).toBeUndefined();
    await me(token, 'bearer').expect(200);
  });

  it('are shown once, and listed without their secret', async () => {
    const { id, token } = await create({ name: 'listed', expiresInDays: 30 });
    const list = await browser.get('/api/tokens').expect(200);
    const listed = list.body.find((row: { id: string }) => row.id === id);
    const lifetime = Date.parse(listed.expiresAt) - Date.parse(listed.createdAt);
    expect(listed).toMatchObject({ name: 'listed', lastUsedAt: null });
    expect(lifetime).toBe(30 * 24 * 60 * 60_000);
    expect(JSON.stringify(list.body)).not.toContain(token.split('_').slice(2).join('_'));
  });

  it('are refused if any part of them is changed', async () => {
    const { id, token } = await create();
    const other = await create();
    const wrong = [
      token.slice(0, -1),
      `${token}A`,
      token.replace('plt_', 'PLT_'),
      `plt_${other.id}_${token.slice(-43)}`,
      `plt_${id}_${'A'.repeat(43)}`,
      `plt_00000000-0000-4000-8000-000000000000_${token.slice(-43)}`,
      '',
      'x'.repeat(5000),
    ];
    for (const tried of wrong) await me(tried).expect(401);
    await me(token, 'Basic').expect(401);
  });

  it('take precedence over a cookie in the same request', async () => {
    await browser.get('/api/auth/me').set('Authorization', 'Bearer wrong').expect(401);
    await browser.get('/api/auth/me').expect(200);
  });

  it('are revoked by their owner only', async () => {
    const { id, token } = await create();
    const admin = await server.loggedIn(ADMIN);
    await admin.delete(`/api/tokens/${id}`).expect(404);
    await me(token).expect(200);
    await browser.delete(`/api/tokens/${id}`).expect(204);
    await me(token).expect(401);
    await browser.delete(`/api/tokens/${id}`).expect(404);
    await browser.delete('/api/tokens/not-an-id').expect(400);
  });

  it('revoke themselves as `current`; a cookie is no token', async () => {
    const { token } = await create();
    await server.browser().delete('/api/tokens/current').set('Authorization', `Bearer ${token}`).expect(204);
    await me(token).expect(401);
    await browser.delete('/api/tokens/current').expect(404);
  });

  describe('created with another token', () => {
    const createWith = (token: string, body: object) =>
      server.browser().post('/api/tokens').set('Authorization', `Bearer ${token}`).send(body);

    it('expire with it, or earlier', async () => {
      const { token, id } = await create({ name: 'parent', expiresInDays: 30 });
      const list = (await browser.get('/api/tokens').expect(200)).body as { id: string; expiresAt: string }[];
      const { expiresAt } = list.find((row) => row.id === id)!;
      expect((await createWith(token, { name: 'as long' }).expect(201)).body.expiresAt).toBe(expiresAt);
      const shorter = await createWith(token, { name: 'shorter', expiresInDays: 29 }).expect(201);
      expect(Date.parse(shorter.body.expiresAt)).toBeLessThan(Date.parse(expiresAt));
      const longer = await createWith(token, { name: 'longer', expiresInDays: 31 }).expect(400);
      expect(longer.body.errors).toMatchObject([{ path: 'expiresInDays' }]);
    });

    it('are revoked with it, over any number of generations, and no others', async () => {
      const [parent, other] = [await create({ name: 'parent' }), await create({ name: 'other' })];
      const child = (await createWith(parent.token, { name: 'child' }).expect(201)).body as typeof parent;
      const grandchild = (await createWith(child.token, { name: 'grandchild' }).expect(201)).body as typeof parent;
      await me(grandchild.token).expect(200);
      await browser.delete(`/api/tokens/${parent.id}`).expect(204);
      for (const { token } of [parent, child, grandchild]) await me(token).expect(401);
      await me(other.token).expect(200);
    });

    it('cover users and external clients only if it does', async () => {
      const admin = await server.loggedIn(ADMIN);
      type Made = { id: string; token: string };
      const made = async (body: object) => (await admin.post('/api/tokens').send(body).expect(201)).body as Made;
      const [plain, all] = [await made({ name: 'plain' }), await made({ name: 'all', accounts: true })];
      await createWith(plain.token, { name: 'child' }).expect(201);
      const refused = await createWith(plain.token, { name: 'child', accounts: true }).expect(400);
      expect(refused.body.errors).toMatchObject([{ path: 'accounts' }]);
      const child = (await createWith(all.token, { name: 'child', accounts: true }).expect(201)).body as Made;
      const other = (await createWith(all.token, { name: 'other' }).expect(201)).body as Made;
      expect([child, other]).toMatchObject([{ accounts: true }, { accounts: false }]);
    });

    it('do not survive a revocation at the same time', async () => {
      for (let n = 0; n < 5; n += 1) {
        const { token } = await create({ name: 'parent' });
        const revoke = server.browser().delete('/api/tokens/current').set('Authorization', `Bearer ${token}`);
        const [child] = await Promise.all([createWith(token, { name: 'child' }), revoke.expect(204)]);
        if (child.status === 201) await me(child.body.token).expect(401);
        else expect(child.status).toBe(401);
      }
    });
  });

  describe('of an administrator, without accounts', () => {
    const user = { username: 'eve', displayName: 'Eve', role: 'admin', password: 'a long enough password' };
    const client = { name: 'Fleet', scopes: ['devices:read'], limits: {} };
    const routes: [method: 'post' | 'patch', path: string, body: object][] = [
      ['post', '/api/users', user],
      ['patch', '/api/users/:user', { password: 'another long password' }],
      ['patch', '/api/users/:user', { role: 'admin' }],
      ['post', '/api/clients', client],
      ['patch', '/api/clients/:client', { scopes: ['jobs:write'] }],
      ['post', '/api/clients/:client/secret', {}],
    ];

    it.each(routes)('are refused for %s %s %j, which would outlive them', async (method, path, body) => {
      const admin = await server.loggedIn(ADMIN);
      const tokenOf = async (accounts: boolean) =>
        ((await admin.post('/api/tokens').send({ name: 'script', accounts }).expect(201)).body as { token: string })
          .token;
      const send = async (accounts: boolean) =>
        server
          .browser()
          [method](path.replace(':user', UNKNOWN_ID).replace(':client', UNKNOWN_ID))
          .set('Authorization', `Bearer ${await tokenOf(accounts)}`)
          .send(body);
      const refused = await send(false);
      expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('does not cover users')]);
      expect((await send(true)).status).toBe(path.includes(':') ? 404 : 201);
    });
  });

  it('are not left by a login that ends at the same time, by a new password or a logout', async () => {
    const user = { username: 'racer', displayName: 'Racer', role: 'technician', password: 'a long enough password' };
    const admin = await server.loggedIn(ADMIN);
    await admin.post('/api/users').send(user).expect(201);
    for (let n = 0; n < 4; n += 1) {
      const login = await server.loggedIn(user);
      const end = n % 2 === 0 ? login.post('/api/auth/logout') : login.post('/api/auth/password');
      const change = { current: user.password, next: user.password };
      const [made] = await Promise.all([
        login.post('/api/tokens').send({ name: 'late' }),
        end.send(change).expect(204),
      ]);
      expect([201, 401]).toContain(made.status);
      if (n % 2 === 1 && made.status === 201) await me((made.body as { token: string }).token).expect(401);
    }
  });

  it('need a login that has not ended when they are stored', async () => {
    const own = await server.loggedIn(TECHNICIAN);
    const database = await openDatabase(dataSourceOptions(server.config), loadSecrets(server.config));
    try {
      const service = new ApiTokensRepository(database.getRepository(ApiTokenEntity));
      const { id: userId } = (await own.get('/api/auth/me').expect(200)).body as { id: string };
      const token = { id: randomUUID(), userId, parentId: null, name: 'late', accounts: false, secretHash: 'x' };
      const row = { ...token, createdAt: NOW, expiresAt: null, lastUsedAt: null };
      expect(await service.insert(row, 'a login that has ended')).toBe(false);
      expect(await service.insert(row, undefined)).toBe(false);
    } finally {
      await database.destroy();
    }
  });

  it.each([
    {},
    { name: '' },
    { name: 'x', expiresInDays: 0 },
    { name: 'x', expiresInDays: 9999 },
    { name: 'x', id: 1 },
  ])('are not created from %j', async (body) => {
    await browser.post('/api/tokens').send(body).expect(400);
  });

  it('expire; their use is recorded at most once a minute', async () => {
    const { id, token } = await create();
    const database = await openDatabase(dataSourceOptions(server.config), loadSecrets(server.config));
    try {
      const tokens = database.getRepository(ApiTokenEntity);
      await me(token).expect(200);
      const first = (await tokens.findOneByOrFail({ id })).lastUsedAt!;
      await me(token).expect(200);
      expect((await tokens.findOneByOrFail({ id })).lastUsedAt).toEqual(first);
      await tokens.update({ id }, { lastUsedAt: new Date(Date.now() - 61_000) });
      await me(token).expect(200);
      expect((await tokens.findOneByOrFail({ id })).lastUsedAt!.getTime()).toBeGreaterThanOrEqual(first.getTime());

      await tokens.update({ id }, { expiresAt: new Date(Date.now() + 60_000) });
      await me(token).expect(200);
      await tokens.update({ id }, { expiresAt: new Date(Date.now() - 1) });
      await me(token).expect(401);
      await create();
      expect(await tokens.findOneBy({ id })).toBeNull();
    } finally {
      await database.destroy();
    }
  });
});
