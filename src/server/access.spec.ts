import request from 'supertest';
import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../test/support/test-server';

/** `agent`: by a token of its own, which no person has. */
type Who = 'anybody' | 'agent' | 'technician' | 'admin';

/** Who may call what. A route that is not here is a route nobody has thought about. */
const ROUTES: Record<string, Who> = {
  'GET /api/about': 'anybody',
  'POST /api/auth/login': 'anybody',
  'POST /api/auth/logout': 'technician',
  'GET /api/auth/me': 'technician',
  'PATCH /api/auth/me': 'technician',
  'POST /api/auth/password': 'technician',
  'GET /api/users': 'admin',
  'POST /api/users': 'admin',
  'PATCH /api/users/{id}': 'admin',
  'GET /api/tokens': 'technician',
  'POST /api/tokens': 'technician',
  'DELETE /api/tokens/current': 'technician',
  'DELETE /api/tokens/{id}': 'technician',
  'GET /api/audit': 'admin',
  'GET /api/agents': 'admin',
  'DELETE /api/agents/{id}': 'admin',
  'POST /api/enrolment-codes': 'admin',
  'POST /api/enrolment': 'anybody',
  'GET /api/devices': 'technician',
  'GET /api/devices/{id}': 'technician',
  'GET /api/devices/{id}/information': 'technician',
  'POST /api/devices/{id}/information': 'technician',
  'GET /api/sessions': 'technician',
  'POST /api/sessions': 'technician',
  'GET /api/sessions/{id}': 'technician',
  'GET /api/sessions/{id}/connection': 'technician',
  'POST /api/sessions/{id}/termination': 'technician',
  'POST /api/sessions/{id}/override': 'admin',
  'POST /api/sessions/{id}/browser': 'technician',
  'DELETE /api/sessions/{id}/browser': 'technician',
  'GET /api/browser-access': 'technician',
  'GET /api/notices': 'technician',
  'POST /api/notices/reading': 'technician',
  'POST /api/notices/{id}/reading': 'technician',
  'POST /api/devices/{id}/jobs': 'technician',
  'GET /api/jobs': 'technician',
  'GET /api/jobs/{id}': 'technician',
  'POST /api/jobs/{id}/cancellation': 'technician',
  'GET /api/firmware': 'technician',
  'POST /api/firmware': 'admin',
  'DELETE /api/firmware/{id}': 'admin',
  'GET /api/agent/firmware/{jobId}': 'agent',
  'GET /api/relays': 'admin',
  'GET /api/releases': 'admin',
  'POST /api/releases': 'admin',
  'DELETE /api/releases/{version}': 'admin',
  'GET /api/deployments': 'admin',
  'POST /api/deployments': 'admin',
  'GET /api/deployments/{id}': 'admin',
  'POST /api/deployments/{id}/execution': 'admin',
  'POST /api/deployments/{id}/abortion': 'admin',
  'POST /api/deployments/{id}/roll-back': 'admin',
};

describe('access to the API', () => {
  let server: TestServer;
  let document: { paths: Record<string, Record<string, Operation>> };
  let tokens: Record<'admin' | 'technician', string>;
  interface Operation {
    requestBody?: { content: Record<string, { schema: object }> };
    responses: Record<string, { content?: Record<string, { schema: { properties?: object; items?: object } }> }>;
  }
  beforeAll(async () => {
    server = await startTestServer();
    document = (await server.browser().get('/api/docs-json').expect(200)).body;
    const tokenOf = async (who: typeof ADMIN) =>
      (await (await server.loggedIn(who)).post('/api/tokens').send({ name: 'x' })).body.token as string;
    tokens = { admin: await tokenOf(ADMIN), technician: await tokenOf(TECHNICIAN) };
  });
  afterAll(() => server?.stop());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        route: `${method.toUpperCase()} ${path}`,
        operation,
      })),
    );
  const call = async (route: string, token?: string): Promise<number> => {
    const [method, path] = route.split(' ') as [string, string];
    const made = request(server.url)[method.toLowerCase() as 'get'](path.replaceAll(/\{\w+\}/g, 'x'));
    const answer = await (token ? made.set('Authorization', `Bearer ${token}`) : made);
    return answer.status;
  };

  it('is declared for every route', () => {
    expect(
      operations()
        .map(({ route }) => route)
        .sort(),
    ).toEqual(Object.keys(ROUTES).sort());
  });

  it.each(Object.entries(ROUTES).filter(([, who]) => who !== 'anybody'))('%s needs a login', async (route) => {
    expect(await call(route)).toBe(401);
    expect(await call(route, 'plt_wrong')).toBe(401);
  });

  it.each(Object.entries(ROUTES).filter(([, who]) => who === 'admin'))('%s needs an administrator', async (route) => {
    expect(await call(route, tokens.technician)).toBe(403);
    expect([401, 403]).not.toContain(await call(route, tokens.admin));
  });

  it.each(Object.entries(ROUTES).filter(([, who]) => who === 'agent'))(
    '%s is for nobody but an agent',
    async (route) => {
      expect(await call(route, tokens.admin)).toBe(401);
    },
  );

  // `current` and `logout` would end the very login that is tried here
  const open = Object.entries(ROUTES).filter(
    ([route, who]) => !['admin', 'agent'].includes(who) && !/current|logout/.test(route),
  );
  it.each(open)('%s is for every technician, or for anybody', async (route, who) => {
    expect([401, 403]).not.toContain(await call(route, who === 'anybody' ? undefined : tokens.technician));
  });

  it('is described with the schemas that are checked', () => {
    for (const { route, operation } of operations()) {
      const { default: failure, ...answers } = operation.responses;
      const [[status, answer] = []] = Object.entries(answers);
      const [content] = Object.values(answer?.content ?? {});
      const schema = content?.schema;
      const shown = schema?.properties ?? schema?.items ?? schema;
      expect([route, status === '204' || shown !== undefined]).toEqual([route, true]);
      expect(failure?.content).toHaveProperty('application/problem+json');
    }
    const body = document.paths['/api/users']!.post!.requestBody!.content['application/json']!.schema;
    expect(body).toMatchObject({
      additionalProperties: false,
      required: ['username', 'displayName', 'role', 'password'],
      properties: { role: { enum: ['admin', 'technician'] }, password: { minLength: 10 } },
    });
    const query = JSON.stringify(document.paths['/api/audit']!.get);
    expect(query).toMatch(/"name":"limit","required":false,"in":"query"|"name":"limit"/);
  });

  it('is bounded for each user by itself', async () => {
    const browser = server.browser('198.51.100.250');
    const answer = await browser.get('/api/auth/me').set('Authorization', `Bearer ${tokens.technician}`).expect(200);
    const left = Number(answer.get('X-RateLimit-Remaining'));
    const other = await browser.get('/api/auth/me').set('Authorization', `Bearer ${tokens.admin}`).expect(200);
    const again = await server
      .browser('198.51.100.251')
      .get('/api/auth/me')
      .set('Authorization', `Bearer ${tokens.technician}`);
    expect(Number(again.get('X-RateLimit-Remaining'))).toBe(left - 1);
    expect(Number(other.get('X-RateLimit-Remaining'))).not.toBe(left - 1);
  });
});
