import { randomBytes } from 'node:crypto';
import { dataSourceOptions } from '../../../../ormconfig';
import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../../../test/support/server/test-server';
import { until } from '../../../../test/support/until';
import { CLIENT_SCOPES, type CreatedExternalClient } from '../../../protocol/external-clients';
import { LIMITS } from '../../../protocol/limits';
import { loadSecrets } from '../../config/secrets';
import { openDatabase } from '../../database/open-database';
import { AccessTokenEntity } from './access-token.entity';
import { ExternalClientEntity } from './external-client.entity';

type Browser = Awaited<ReturnType<TestServer['loggedIn']>>;
type Form = Record<string, string>;

const GRANT = { grant_type: 'client_credentials' };

describe('OAuth 2.0 for external clients', () => {
  let server: TestServer;
  let admin: Browser;
  beforeAll(async () => {
    server = await startTestServer();
    admin = await server.loggedIn(ADMIN);
  });
  afterAll(() => server?.stop());

  let made = 0;
  const create = async (body: object = {}): Promise<CreatedExternalClient> => {
    const wanted = { name: `client ${(made += 1)}`, scopes: ['devices:read', 'jobs:read'], ...body };
    return (await admin.post('/api/clients').send(wanted).expect(201)).body;
  };
  const basic = (id: string, secret: string): string =>
    `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
  /** Each request from an address of its own, unless another one is given. */
  const ask = (form: Form | string, headers: Record<string, string> = {}, from = server.browser()) =>
    from
      .post('/oauth/token')
      .type('form')
      .set(headers)
      .send(form as string);
  const inBody = ({ id, secret }: CreatedExternalClient) => ({ ...GRANT, client_id: id, client_secret: secret });
  const tokenOf = async (client: CreatedExternalClient, scope?: string): Promise<string> =>
    (await ask({ ...inBody(client), ...(scope && { scope }) }).expect(200)).body.access_token;
  const devices = (token: string, headers: Record<string, string> = {}) =>
    server.browser().get('/api/devices').set('Authorization', `Bearer ${token}`).set(headers);
  const auditOf = async (action: string): Promise<{ actor: string; target: string; detail: string }[]> =>
    (await admin.get('/api/audit?limit=200')).body.rows.filter((row: { action: string }) => row.action === action);

  it('issues a token to a client that authenticates with Basic or in the body (RFC 6749 2.3.1, 5.1)', async () => {
    const client = await create();
    for (const [form, headers] of [
      [GRANT, { authorization: basic(client.id, client.secret) }],
      [inBody(client), {}],
      [{ ...GRANT, client_id: client.id }, { authorization: basic(client.id, client.secret) }],
    ] as [Form, Form][]) {
      const answer = await ask(form, headers).expect(200);
      expect(answer.body).toEqual({
        access_token: expect.stringMatching(/^pla_[0-9a-f-]{36}_[A-Za-z0-9_-]{43}$/),
        token_type: 'Bearer',
        expires_in: LIMITS.CLIENT_TOKEN_MS / 1000,
        scope: 'devices:read jobs:read',
      });
      expect([answer.get('Cache-Control'), answer.get('Pragma')]).toEqual(['no-store', 'no-cache']);
      expect(answer.get('Set-Cookie')).toBeUndefined();
      await devices(answer.body.access_token).expect(200);
    }
  });

  describe('refuses (RFC 6749 5.2)', () => {
    let client: CreatedExternalClient;
    let other: CreatedExternalClient;
    beforeAll(async () => {
      client = await create();
      other = await create();
    });
    const rows: [what: string, refusal: string, call: () => ReturnType<typeof ask>][] = [
      ['no grant type', '400 invalid_request', () => ask({ ...inBody(client), grant_type: '' })],
      ['another grant type', '400 unsupported_grant_type', () => ask({ ...inBody(client), grant_type: 'password' })],
      [
        'a repeated parameter',
        '400 invalid_request',
        () => ask(`${new URLSearchParams(inBody(client)).toString()}&grant_type=client_credentials`),
      ],
      [
        'a body of another type',
        '400 invalid_request',
        () => server.browser().post('/oauth/token').send(inBody(client)),
      ],
      ['an empty body', '400 invalid_request', () => server.browser().post('/oauth/token')],
      [
        'two ways of authentication',
        '400 invalid_request',
        () => ask(inBody(client), { authorization: basic(client.id, client.secret) }),
      ],
      [
        'another client in the body than in the header',
        '400 invalid_request',
        () => ask({ ...GRANT, client_id: other.id }, { authorization: basic(client.id, client.secret) }),
      ],
      ['no authentication', '401 invalid_client', () => ask(GRANT)],
      ['no secret', '401 invalid_client', () => ask({ ...GRANT, client_id: client.id })],
      ['an unknown client', '401 invalid_client', () => ask({ ...inBody(client), client_id: 'unknown' })],
      ['a wrong secret', '401 invalid_client', () => ask({ ...inBody(client), client_secret: other.secret })],
      ['the secret of another client', '401 invalid_client', () => ask({ ...inBody(client), client_id: other.id })],
      ['another scheme', '401 invalid_client', () => ask(GRANT, { authorization: `Bearer ${client.secret}` })],
      ['a malformed header', '401 invalid_client', () => ask(GRANT, { authorization: 'Basic JTo6' })],
      ['an unknown scope', '400 invalid_scope', () => ask({ ...inBody(client), scope: 'devices:read everything' })],
      ['a scope of others', '400 invalid_scope', () => ask({ ...inBody(client), scope: 'sessions:write' })],
      ['a malformed scope', '400 invalid_scope', () => ask({ ...inBody(client), scope: 'devices:read  jobs:read' })],
    ];
    it.each(rows)('%s', async (_, refusal, call) => {
      const answer = await call();
      expect(`${answer.status} ${answer.body.error}`).toBe(refusal);
      expect(answer.body).toEqual({ error: expect.any(String), error_description: expect.any(String) });
      const challenge = answer.status === 401 ? 'Basic realm="platen", charset="UTF-8"' : undefined;
      expect(answer.get('WWW-Authenticate')).toBe(challenge);
      expect(answer.get('Cache-Control')).toBe('no-store');
    });

    it('a body that is too large, and methods other than POST', async () => {
      await ask({ ...inBody(client), scope: 'x'.repeat(LIMITS.API_BODY_BYTES) }).expect(413);
      await server.browser().get('/oauth/token').query(inBody(client)).expect(404);
    });
  });

  it('narrows the scope, and says what the token covers', async () => {
    const client = await create();
    const answer = await ask({ ...inBody(client), scope: 'jobs:read' }).expect(200);
    expect(answer.body.scope).toBe('jobs:read');
    const refused = await devices(answer.body.access_token).expect(403);
    expect(refused.body.code).toBe('insufficient-scope');
    expect(refused.get('WWW-Authenticate')).toBe(
      'Bearer realm="platen", error="insufficient_scope", scope="devices:read"',
    );
  });

  it('describes itself (RFC 8414)', async () => {
    const { body } = await server.browser().get('/.well-known/oauth-authorization-server').expect(200);
    expect(body).toEqual({
      issuer: server.url,
      token_endpoint: `${server.url}/oauth/token`,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      scopes_supported: Object.keys(CLIENT_SCOPES),
      service_documentation: `${server.url}/api/docs`,
    });
  });

  it('ends tokens at once with their client: revoked, expired, narrowed', async () => {
    const client = await create();
    const token = await tokenOf(client);
    await admin
      .patch(`/api/clients/${client.id}`)
      .send({ scopes: ['jobs:read'] })
      .expect(200);
    await devices(token).expect(403);
    await admin
      .patch(`/api/clients/${client.id}`)
      .send({ scopes: ['devices:read'] })
      .expect(200);
    await devices(token).expect(200);
    const past = new Date(Date.now() - 1).toISOString();
    await admin.patch(`/api/clients/${client.id}`).send({ expiresAt: past }).expect(200);
    await devices(token).expect(401);
    await ask(inBody(client)).expect(401);
    await admin.patch(`/api/clients/${client.id}`).send({ expiresAt: null }).expect(200);
    await devices(token).expect(200);
    await admin.post(`/api/clients/${client.id}/revocation`).expect(200);
    await devices(token).expect(401);
    await ask(inBody(client)).expect(401);
    for (const path of ['revocation', 'secret'])
      expect((await admin.post(`/api/clients/${client.id}/${path}`).send({}).expect(409)).body.code).toBe('conflict');
    await admin
      .patch(`/api/clients/${client.id}`)
      .send({ scopes: ['devices:read'] })
      .expect(409);
    await devices(token).expect(401);
  });

  it('refuses a client while it is deactivated, and ends its tokens', async () => {
    const client = await create();
    const token = await tokenOf(client);
    const change = (active: boolean) => admin.patch(`/api/clients/${client.id}`).send({ active }).expect(200);
    expect((await change(false)).body.active).toBe(false);
    await devices(token).expect(401);
    await ask(inBody(client)).expect(401);
    await change(true);
    await devices(token).expect(401);
    await devices(await tokenOf(client)).expect(200);
  });

  it('rotates the secret: the earlier one works for the overlap, or ends at once with every token', async () => {
    const client = await create();
    const token = await tokenOf(client);
    const rotate = async (body: object): Promise<CreatedExternalClient> =>
      (await admin.post(`/api/clients/${client.id}/secret`).send(body).expect(201)).body;
    const second = await rotate({});
    expect(Date.parse(second.previousSecretUntil!)).toBeGreaterThan(Date.now() + 23 * 60 * 60_000);
    for (const each of [client, second]) await ask(inBody(each)).expect(200);
    const third = await rotate({ overlapMinutes: 5 });
    await ask(inBody(client)).expect(401);
    for (const each of [second, third]) await ask(inBody(each)).expect(200);
    await devices(token).expect(200);
    const fourth = await rotate({ overlapMinutes: 0 });
    expect(fourth.previousSecretUntil).toBeNull();
    for (const each of [second, third]) await ask(inBody(each)).expect(401);
    await devices(token).expect(401);
    await ask(inBody(fourth)).expect(200);
  });

  it('makes wrong secrets wait, and never the right one, also from the same address', async () => {
    const [client, other] = [await create(), await create()];
    const attacker = server.browser();
    const wrong = { ...inBody(client), client_secret: other.secret };
    for (let tried = 0; tried < LIMITS.LOGIN_FAILURES_FREE; tried += 1) await ask(wrong, {}, attacker).expect(401);
    const refused = await ask(wrong, {}, attacker).expect(429);
    expect(refused.body.error).toBe('temporarily_unavailable');
    expect(Number(refused.get('Retry-After'))).toBeGreaterThan(0);
    for (const from of [attacker, server.browser()]) await ask(inBody(client), {}, from).expect(200);
    await ask(inBody(other), {}, attacker).expect(200);
  });

  it('limits the requests for tokens of one address', async () => {
    const client = await create();
    const from = server.browser();
    for (let asked = 0; asked < LIMITS.CLIENT_TOKENS_PER_MINUTE; asked += 1) await ask(inBody(client), {}, from);
    const refused = await ask(inBody(client), {}, from).expect(429);
    expect([refused.body.error, Number(refused.get('Retry-After')) > 0]).toEqual(['temporarily_unavailable', true]);
  });

  it('limits the requests of each client', async () => {
    const [client, other] = [await create({ requestsPerMinute: 3 }), await create()];
    const token = await tokenOf(client);
    for (let asked = 0; asked < 3; asked += 1) await devices(token).expect(200);
    const refused = await devices(await tokenOf(client)).expect(429);
    expect([refused.body.code, Number(refused.get('Retry-After')) > 0]).toEqual(['too-many-requests', true]);
    await devices(await tokenOf(other)).expect(200);
  });

  it('never mixes credentials: a cookie beside an access token counts for nothing', async () => {
    const technician = await server.loggedIn(TECHNICIAN);
    const token = await tokenOf(await create({ scopes: ['jobs:read'] }));
    const both = (path: string, bearer: string) => technician.get(path).set('Authorization', `Bearer ${bearer}`);
    await both('/api/devices', token).expect(403);
    await both('/api/devices', `${token}x`).expect(401);
    await both('/api/auth/me', token).expect(403);
    await technician.get('/api/devices').expect(200);
    await technician.post('/oauth/token').type('form').send(GRANT).expect(401);
    await ask(GRANT, { 'sec-fetch-site': 'cross-site' }).expect(403);
  });

  it('refuses tokens of which any part is changed', async () => {
    const client = await create();
    const [token, second] = [await tokenOf(client), await tokenOf(client)];
    const swapped = `${token.slice(0, -43)}${second.slice(-43)}`;
    for (const wrong of [swapped, token.slice(0, -1), token.replace('pla_', 'plt_'), client.secret, 'x'.repeat(5000)])
      await devices(wrong).expect(401);
  });

  it('stores neither secrets nor tokens, and a bounded number of tokens', async () => {
    const client = await create();
    const first = await tokenOf(client);
    const database = await openDatabase(dataSourceOptions(server.config), loadSecrets(server.config));
    try {
      for (let issued = 0; issued < LIMITS.CLIENT_TOKENS; issued += 1) await tokenOf(client);
      const tokens = database.getRepository(AccessTokenEntity);
      const rows = await tokens.findBy({ clientId: client.id });
      expect(rows).toHaveLength(LIMITS.CLIENT_TOKENS);
      await devices(first).expect(401);
      const stored = JSON.stringify([rows, await database.getRepository(ExternalClientEntity).find()]);
      for (const secret of [client.secret, first.slice(-43)]) expect(stored).not.toContain(secret);

      const token = await tokenOf(client);
      await devices(token).expect(200);
      await tokens.update({ clientId: client.id }, { expiresAt: new Date(Date.now() - 1) });
      await devices(token).expect(401);
      await tokenOf(client);
      expect(await tokens.countBy({ clientId: client.id })).toBe(1);
    } finally {
      await database.destroy();
    }
  });

  it('records every action in the audit trail, and no secret', async () => {
    const client = await create({ name: 'Fleet reports' });
    const token = await tokenOf(client);
    await ask({ ...inBody(client), client_secret: 'plc_wrong' }).expect(401);
    await admin.patch(`/api/clients/${client.id}`).send({ requestsPerMinute: 7 }).expect(200);
    for (const active of [false, true]) await admin.patch(`/api/clients/${client.id}`).send({ active }).expect(200);
    const { secret } = (await admin.post(`/api/clients/${client.id}/secret`).send({}).expect(201)).body;
    await admin.post(`/api/clients/${client.id}/revocation`).expect(200);
    const target = `Fleet reports (${client.id})`;
    for (const action of ['created', 'deactivated', 'activated', 'changed', 'secret-rotated', 'revoked'])
      expect(await auditOf(`client.${action}`)).toContainEqual(expect.objectContaining({ actor: 'ada', target }));
    expect(await auditOf('client.token-issued')).toContainEqual(
      expect.objectContaining({ actor: '(client) Fleet reports', target, detail: 'devices:read jobs:read' }),
    );
    expect(await auditOf('client.refused')).toContainEqual(expect.objectContaining({ actor: '(no login)', target }));
    const own = (await admin.get(`/api/audit?clientId=${client.id}`).expect(200)).body.rows as { action: string }[];
    expect(own.map(({ action }) => action)).toEqual([
      'client.revoked',
      'client.secret-rotated',
      'client.activated',
      'client.deactivated',
      'client.changed',
      'client.refused',
      'client.token-issued',
      'client.created',
    ]);
    const trail = JSON.stringify((await admin.get('/api/audit?limit=200')).body);
    for (const each of [client.secret, secret, token.slice(-43), 'plc_wrong']) expect(trail).not.toContain(each);
  });

  it('shows when a client was last used', async () => {
    const client = await create();
    const listed = async () =>
      (await admin.get('/api/clients').expect(200)).body.find(({ id }: { id: string }) => id === client.id);
    expect(await listed()).toMatchObject({ lastUsedAt: null, createdBy: 'Ada', revokedAt: null });
    await tokenOf(client);
    await until('a time of use', async () => (await listed()).lastUsedAt !== null);
  });

  it('counts tokens and requests, of known clients only', async () => {
    const client = await create();
    const token = await tokenOf(client);
    await devices(token).expect(200);
    await server.browser().get('/api/users').set('Authorization', `Bearer ${token}`).expect(403);
    await devices(`pla_${client.id}_${'x'.repeat(43)}`).expect(401);
    const wrong = { ...inBody(client), client_secret: 'plc_wrong' };
    const attacker = server.browser();
    for (let tried = 0; tried <= LIMITS.LOGIN_FAILURES_FREE; tried += 1) await ask(wrong, {}, attacker);
    const { text } = await admin.get('/metrics').expect(200);
    for (const result of ['issued', 'refused', 'limited'])
      expect(text).toMatch(new RegExp(`^platen_client_tokens_total\\{result="${result}"\\} [1-9]`, 'm'));
    const series = text.split('\n').filter((line) => line.startsWith('platen_client_requests_total'));
    const ofClient = (status: string, count: number) =>
      `platen_client_requests_total{client="${client.id}",status="${status}"} ${count}`;
    expect(series).toEqual(expect.arrayContaining([ofClient('2xx', 1), ofClient('4xx', 1)]));
    const ids = (await admin.get('/api/clients').expect(200)).body.map(({ id }: { id: string }) => id);
    for (const line of series) expect(ids).toContain(/client="([^"]+)"/.exec(line)![1]);
  });

  it('counts what is no client ID as one account, however it is written', async () => {
    const attacker = server.browser();
    const invented = () => ({ ...GRANT, client_id: randomBytes(2000).toString('hex'), client_secret: 'x' });
    for (let tried = 0; tried < LIMITS.LOGIN_FAILURES_FREE; tried += 1) await ask(invented(), {}, attacker).expect(401);
    await ask(invented(), {}, attacker).expect(429);
    await tokenOf(await create());
  });

  it('gives no ID a second time: it cannot be chosen, and a revoked client and its name stay', async () => {
    const client = await create({ name: 'Twice' });
    await admin.post(`/api/clients/${client.id}/revocation`).expect(200);
    const wanted = { name: 'Twice', scopes: ['devices:read'] };
    await admin.post('/api/clients').send(wanted).expect(409);
    await admin
      .post('/api/clients')
      .send({ ...wanted, name: 'Twice again', id: client.id })
      .expect(400);
    await admin.delete(`/api/clients/${client.id}`).expect(404);
    expect((await create({ name: 'Twice again' })).id).not.toBe(client.id);
  });

  it('ends a token that was requested with a secret while that secret was replaced', async () => {
    const client = await create();
    const requests = Array.from({ length: 5 }, () => ask(inBody(client)));
    const [rotated, ...answers] = await Promise.all([
      admin.post(`/api/clients/${client.id}/secret`).send({ overlapMinutes: 0 }),
      ...requests,
    ]);
    expect(rotated.status).toBe(201);
    for (const { body } of answers) if (body.access_token) await devices(body.access_token).expect(401);
  });

  it('ends tokens of the earlier secret with it', async () => {
    const client = await create();
    const token = await tokenOf(client);
    const { secret } = (await admin.post(`/api/clients/${client.id}/secret`).send({ overlapMinutes: 1 }).expect(201))
      .body;
    const early = (await ask(inBody(client)).expect(200)).body;
    const late = (await ask({ ...inBody(client), client_secret: secret }).expect(200)).body;
    expect(early.expires_in).toBeLessThanOrEqual(60);
    expect(late.expires_in).toBe(LIMITS.CLIENT_TOKEN_MS / 1000);
    const database = await openDatabase(dataSourceOptions(server.config), loadSecrets(server.config));
    const stored = await database.getRepository(AccessTokenEntity).findOneByOrFail({ id: token.slice(4, 40) });
    await database.destroy();
    expect(stored.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 60_000);
  });

  it.each([
    [{ name: '' }, 400],
    [{ name: 'x'.repeat(51) }, 400],
    [{ scopes: [] }, 400],
    [{ scopes: ['admin'] }, 400],
    [{ limits: { operations: ['explode'] } }, 400],
    [{ limits: { anything: [] } }, 400],
    [{ requestsPerMinute: 0 }, 400],
    [{ secret: 'own' }, 400],
    [{ name: 'client 1' }, 409],
  ])('creates no client from %j', async (body, status) => {
    await admin
      .post('/api/clients')
      .send({ name: 'y', scopes: ['jobs:read'], ...body })
      .expect(status);
  });
});
