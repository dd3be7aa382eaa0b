import { Validator } from '@seriousme/openapi-schema-validator';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { about } from '../../src/protocol/api';
import { LIMITS } from '../../src/protocol/limits';
import { LIVE_PATH } from '../../src/protocol/live';
import { removeFolder } from '../support/remove-folder';
import type { RestApi, Route } from '../support/server/rest-api';
import { newLogin } from './accounts';

/** `agent`: with the token of a job, which no user has. `browser`, `admin-browser`: only in a browser. */
type Access = 'anyone' | 'agent' | 'browser' | 'technician' | 'admin' | 'admin-browser';

/** Who may call which route of the API. */
export const ACCESS: Record<Route, Access> = {
  'GET /api/about': 'anyone',
  'POST /api/auth/login': 'anyone',
  'GET /api/auth/login': 'anyone',
  'GET /api/auth/oidc/login': 'anyone',
  'GET /api/auth/oidc/callback': 'anyone',
  'GET /api/auth/oidc/logout': 'anyone',
  'POST /api/auth/login/code': 'anyone',
  'POST /api/auth/login/passkey/options': 'anyone',
  'POST /api/auth/login/passkey': 'anyone',
  'DELETE /api/auth/login': 'anyone',
  'POST /api/auth/logout': 'technician',
  'GET /api/auth/me': 'technician',
  'PATCH /api/auth/me': 'technician',
  'POST /api/auth/password': 'technician',
  'GET /api/auth/factors': 'technician',
  'POST /api/auth/factors/totp': 'browser',
  'POST /api/auth/factors/totp/:id/confirmation': 'browser',
  'POST /api/auth/factors/passkey/options': 'browser',
  'POST /api/auth/factors/passkey': 'browser',
  'POST /api/auth/factors/recovery-codes': 'browser',
  'DELETE /api/auth/factors/:id': 'browser',
  'GET /api/auth/events': 'technician',
  'GET /api/auth/logins': 'technician',
  'DELETE /api/auth/logins': 'technician',
  'DELETE /api/auth/logins/:id': 'technician',
  'GET /api/users': 'admin',
  'POST /api/users': 'admin',
  'PATCH /api/users/:id': 'admin',
  'GET /api/users/:id/factors': 'admin',
  'DELETE /api/users/:id/factors': 'admin-browser',
  'GET /api/users/:id/logins': 'admin',
  'DELETE /api/users/:id/logins': 'admin',
  'DELETE /api/users/:id/logins/:loginId': 'admin',
  'GET /api/tokens': 'technician',
  'POST /api/tokens': 'technician',
  'DELETE /api/tokens/current': 'technician',
  'DELETE /api/tokens/:id': 'technician',
  'GET /api/clients': 'admin',
  'POST /api/clients': 'admin',
  'PATCH /api/clients/:id': 'admin',
  'POST /api/clients/:id/secret': 'admin',
  'POST /api/clients/:id/revocation': 'admin',
  'POST /oauth/token': 'anyone',
  'GET /.well-known/oauth-authorization-server': 'anyone',
  'GET /api/alerts': 'technician',
  'GET /api/alerts/:id': 'technician',
  'POST /api/alerts/:id/acknowledgement': 'technician',
  'GET /api/alert-settings': 'admin',
  'PUT /api/alert-settings': 'admin',
  'GET /api/customers/:id/alert-settings': 'admin',
  'PUT /api/customers/:id/alert-settings': 'admin',
  'GET /api/webhooks': 'admin',
  'POST /api/webhooks': 'admin',
  'PATCH /api/webhooks/:id': 'admin',
  'DELETE /api/webhooks/:id': 'admin',
  'POST /api/webhooks/:id/secret': 'admin',
  'POST /api/webhooks/:id/test': 'admin',
  'GET /api/alert-deliveries': 'admin',
  'POST /api/alert-deliveries/:id/redelivery': 'admin',
  'GET /api/audit': 'admin',
  'GET /api/audit/export': 'admin',
  'GET /api/backups': 'admin',
  'POST /api/backups': 'admin',
  'GET /api/retention': 'technician',
  'GET /api/customers': 'technician',
  'POST /api/customers': 'admin',
  'PATCH /api/customers/:id': 'admin',
  'DELETE /api/customers/:id': 'admin',
  'PUT /api/customers/:id/users': 'admin',
  'PUT /api/customers/:id/relay-preference': 'admin',
  'PUT /api/sites/:id/relay-preference': 'admin',
  'PUT /api/users/:id/customers': 'admin',
  'POST /api/customers/:id/sites': 'admin',
  'PATCH /api/sites/:id': 'admin',
  'DELETE /api/sites/:id': 'admin',
  'GET /api/agents': 'admin',
  'PATCH /api/agents/:id': 'admin',
  'DELETE /api/agents/:id': 'admin',
  'DELETE /api/agents/:id/installation': 'admin',
  'GET /api/agents/:id/check': 'admin',
  'POST /api/agents/:id/check': 'admin',
  'GET /api/enrolment-codes': 'admin',
  'POST /api/enrolment-codes': 'admin',
  'DELETE /api/enrolment-codes/:id': 'admin',
  'POST /api/enrolment': 'anyone',
  'GET /api/agent-updates': 'admin',
  'POST /api/agent-updates/rollouts': 'admin',
  'PATCH /api/agent-updates/rollouts/:id': 'admin',
  'POST /api/agent-updates/releases': 'admin',
  'DELETE /api/agent-updates/releases/:version': 'admin',
  'GET /api/agent/releases/:version': 'agent',
  'GET /api/devices': 'technician',
  'GET /api/devices/:id': 'technician',
  'GET /api/devices/:id/identity': 'technician',
  'POST /api/devices/:id/identity': 'admin',
  'GET /api/found-devices': 'admin',
  'POST /api/found-devices/:id/device': 'admin',
  'PUT /api/found-devices/:id/dismissal': 'admin',
  'DELETE /api/found-devices/:id/dismissal': 'admin',
  'GET /api/devices/:id/information': 'technician',
  'POST /api/devices/:id/information': 'technician',
  'GET /api/overview': 'technician',
  'GET /api/fleet': 'technician',
  'GET /api/fleet/groups': 'technician',
  'GET /api/fleet/export': 'technician',
  'GET /api/fleet/views': 'technician',
  'POST /api/fleet/views': 'technician',
  'DELETE /api/fleet/views/:id': 'technician',
  'POST /api/fleet/jobs': 'technician',
  'GET /api/devices/:id/settings': 'technician',
  'GET /api/devices/:id/notes': 'technician',
  'PUT /api/devices/:id/notes': 'technician',
  'GET /api/devices/:id/readings': 'technician',
  'POST /api/metered-devices/:id/readings': 'technician',
  'PUT /api/meter-jumps/:id/offset': 'technician',
  'GET /api/reading-schedules': 'technician',
  'GET /api/meter-report': 'technician',
  'GET /api/meter-report/file': 'technician',
  'GET /api/report-templates': 'technician',
  'POST /api/report-templates': 'admin',
  'POST /api/report-templates/preview': 'admin',
  'PUT /api/report-templates/:id': 'admin',
  'DELETE /api/report-templates/:id': 'admin',
  'GET /api/report-mails': 'admin',
  'POST /api/report-mails': 'admin',
  'DELETE /api/report-mails/:id': 'admin',
  'PUT /api/customers/:id/reading-schedule': 'admin',
  'GET /api/devices/:id/conditions': 'technician',
  'GET /api/devices/:id/denials': 'technician',
  'GET /api/sessions': 'technician',
  'POST /api/sessions': 'technician',
  'GET /api/sessions/:id': 'technician',
  'GET /api/sessions/:id/connection': 'technician',
  'POST /api/sessions/:id/termination': 'technician',
  'POST /api/sessions/:id/override': 'admin',
  'POST /api/sessions/:id/browser': 'technician',
  'DELETE /api/sessions/:id/browser': 'technician',
  'GET /api/browser-access': 'technician',
  'GET /api/notices': 'technician',
  'POST /api/notices/reading': 'technician',
  'POST /api/notices/:id/reading': 'technician',
  'POST /api/devices/:id/jobs': 'technician',
  'GET /api/jobs': 'technician',
  'GET /api/jobs/:id': 'technician',
  'POST /api/jobs/:id/cancellation': 'technician',
  'GET /api/settings-templates': 'technician',
  'POST /api/settings-templates': 'admin',
  'GET /api/settings-templates/:id': 'technician',
  'PUT /api/settings-templates/:id': 'admin',
  'DELETE /api/settings-templates/:id': 'admin',
  'GET /api/settings-templates/:id/drift': 'technician',
  'GET /api/settings-templates/:id/devices': 'technician',
  'GET /api/settings-templates/:id/export': 'technician',
  'GET /api/devices/:id/drift': 'technician',
  'GET /api/campaigns': 'technician',
  'POST /api/campaigns': 'technician',
  'POST /api/campaigns/plan': 'technician',
  'GET /api/campaigns/:id': 'technician',
  'GET /api/campaigns/:id/devices': 'technician',
  'GET /api/campaigns/:id/export': 'technician',
  'POST /api/campaigns/:id/pause': 'technician',
  'POST /api/campaigns/:id/resumption': 'technician',
  'POST /api/campaigns/:id/abortion': 'technician',
  'GET /api/firmware': 'technician',
  'POST /api/firmware': 'admin',
  'DELETE /api/firmware/:id': 'admin',
  'GET /api/agent/firmware/:jobId': 'agent',
  'GET /api/relays': 'admin',
  'PATCH /api/relays/:id': 'admin',
  'PUT /api/relays/:id/drain': 'admin',
  'DELETE /api/relays/:id/drain': 'admin',
  'DELETE /api/relays/:id': 'admin',
  'GET /api/releases': 'admin',
  'POST /api/releases': 'admin',
  'DELETE /api/releases/:version': 'admin',
  'GET /api/deployments': 'admin',
  'POST /api/deployments': 'admin',
  'GET /api/deployments/:id': 'admin',
  'POST /api/deployments/:id/execution': 'admin',
  'POST /api/deployments/:id/abortion': 'admin',
  'POST /api/deployments/:id/roll-back': 'admin',
};

/** Routes that are no part of the API, and where they are tested. */
export const OTHER_ROUTES: Record<Route, string> = {
  'GET /healthz': 'src/server/start-server.spec.ts',
  'GET /readyz': 'src/server/start-server.spec.ts',
  'GET /metrics': 'src/server/start-server.spec.ts',
  'GET /metrics/devices': 'test/monitoring.spec.ts',
};

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': Buffer.alloc(16).toString('base64'),
};
/** The answer to a request for live events with these headers. */
export const liveStatus = async (api: RestApi, headers: Record<string, string>): Promise<number> =>
  (await api.call('anonymous', `GET ${LIVE_PATH}`, { headers: { ...upgrade, ...headers } })).status;

const routesFor = (...access: Access[]): Route[] =>
  Object.keys(ACCESS).filter((route) => access.includes(ACCESS[route]!));

export function describeAccess(api: () => RestApi): void {
  describe('access', () => {
    it('is declared for every route of the router', () => {
      const routes = api().routes.filter((route) => !/^\w+ \/api\/docs/.test(route));
      expect(routes.sort()).toEqual([...Object.keys(ACCESS), ...Object.keys(OTHER_ROUTES)].sort());
    });

    it('is documented for every route of the API', () => {
      const documented = Object.entries(api().document.paths).flatMap(([path, item]) =>
        Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
      );
      expect(documented.sort()).toEqual(Object.keys(ACCESS).sort());
    });

    it.each(routesFor('agent', 'browser', 'technician', 'admin', 'admin-browser'))(
      'to %s requires a credential',
      async (route) => {
        const refused = await api().refuses('anonymous', route, '401 not-logged-in');
        expect(refused.errors).toBeUndefined();
        const headers = { authorization: 'Bearer plt_wrong' };
        await api().refuses('anonymous', route, '401 not-logged-in', { headers });
      },
    );

    it.each(routesFor('admin'))('to %s requires the role admin', async (route) => {
      await api().refuses('tom', route, '403 forbidden');
      expect([401, 403]).not.toContain((await api().call('ada', route)).status);
    });

    it.each(routesFor('browser', 'admin-browser'))('to %s is refused to API tokens', async (route) => {
      await api().refuses('ada', route, '403 forbidden');
    });

    it.each(routesFor('agent'))('to %s is for agents only', async (route) => {
      await api().refuses('ada', route, '401 not-logged-in');
    });

    // `current` would revoke the token of this test
    const forTechnicians = routesFor('technician').filter((route) => !route.endsWith('/current'));
    it.each(forTechnicians)('to %s is for every technician', async (route) => {
      expect([401, 403]).not.toContain((await api().call('tom', route)).status);
    });

    it.each(routesFor('anyone'))('to %s is for anyone', async (route) => {
      expect([401, 403]).not.toContain((await api().call('anonymous', route)).status);
    });

    it('is limited for each user separately', async () => {
      const [one, other] = [await newLogin(api(), 'one'), await newLogin(api(), 'other')];
      const remaining = async (login: typeof one) =>
        Number((await api().call('anonymous', 'GET /api/auth/me', login)).get('X-RateLimit-Remaining'));
      const { API_REQUESTS_PER_MINUTE: limit } = LIMITS;
      expect([await remaining(one), await remaining(one)]).toEqual([limit - 1, limit - 2]);
      expect(await remaining(other)).toBe(limit - 1);
    });

    it('to the name and version of the product needs no credential', async () => {
      const answer = await api().answers('anonymous', 'GET /api/about', about);
      expect(answer).toMatchObject({ product: 'platen', protocol: 1 });
    });

    it('to live events requires an upgrade', async () => {
      await api().refuses('tom', `GET ${LIVE_PATH}`, '404 not-found');
    });

    it('to live events is refused to pages of other sites, and without a login', async () => {
      const cookie = await api().plane.cookieOf('tom');
      expect(await liveStatus(api(), { cookie, origin: 'http://elsewhere.example' })).toBe(403);
      expect(await liveStatus(api(), { cookie })).toBe(403);
      expect(await liveStatus(api(), { origin: api().plane.url })).toBe(401);
    });
  });
}

export function describeDocument(api: () => RestApi): void {
  describe('the OpenAPI document', () => {
    interface Schema {
      readonly properties?: object;
      readonly items?: object;
    }
    interface Operation {
      readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
      readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: Schema }> }>;
    }
    const paths = () => api().document.paths as unknown as Record<string, Record<string, Operation>>;

    it('describes the answers of every route with the schemas that are checked', () => {
      for (const [path, item] of Object.entries(paths()))
        for (const [method, operation] of Object.entries(item)) {
          const { default: failure, ...answers } = operation.responses;
          const [[status, answer] = []] = Object.entries(answers);
          const schema = Object.values(answer?.content ?? {})[0]?.schema;
          const described = schema?.properties ?? schema?.items ?? schema;
          expect([method, path, status === '204' || described !== undefined]).toEqual([method, path, true]);
          expect(failure?.content).toHaveProperty('application/problem+json');
        }
    });

    it('is a valid document', async () => {
      const validator = new Validator();
      const document = structuredClone(api().document) as unknown as Record<string, unknown>;
      expect(await validator.validate(document)).toEqual({ valid: true });
      expect(validator.version).toBe('3.0');
    });

    it('names what the answers consist of', () => {
      interface Shape {
        readonly $ref?: string;
        readonly type?: string;
        readonly properties?: { readonly rows?: { readonly items?: Shape } };
        readonly items?: Shape;
      }
      const isNamed = ({ $ref, type, properties, items }: Shape): boolean =>
        $ref !== undefined ||
        type === 'string' ||
        [items, properties?.rows?.items].some((part) => part && isNamed(part));
      const unnamed = Object.entries(paths()).flatMap(([path, item]) =>
        Object.entries(item).flatMap(([method, { responses }]) =>
          Object.values(responses)
            .flatMap(({ content }) => Object.values(content ?? {}))
            .filter(({ schema }) => !isNamed(schema))
            .map(() => `${method} ${path}: list its schema in src/server/http/named-schemas.ts`),
        ),
      );
      expect(unnamed).toEqual([]);
    });

    it('is the one that the client was generated from; otherwise run npm run client:generate', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'platen-document-'));
      const file = join(folder, 'document.json');
      await writeFile(file, JSON.stringify(api().document));
      const generator = join(__dirname, '../../tools/generate-client.mjs');
      const { stdout } = await promisify(execFile)(process.execPath, [generator, '--print', file], {
        maxBuffer: 2 ** 24,
      });
      await removeFolder(folder);
      expect(stdout).toBe(await readFile(join(__dirname, '../../src/client/api.generated.ts'), 'utf8'));
    });

    it('describes bodies and queries', () => {
      const body = paths()['/api/users']!.post!.requestBody!.content['application/json']!.schema;
      expect(body).toMatchObject({
        additionalProperties: false,
        required: ['username', 'displayName', 'role'],
        properties: { role: { enum: ['admin', 'technician'] }, password: { minLength: 10 } },
      });
      expect(JSON.stringify(paths()['/api/audit']!.get)).toContain('"name":"limit"');
    });
  });
}
