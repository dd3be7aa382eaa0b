import { z } from 'zod';
import { auditEvent } from '../../src/protocol/api';
import {
  accessTokenAnswer,
  CLIENT_SCOPES,
  clientScope,
  createdExternalClient,
  externalClient,
  oauthMetadata,
  type ClientLimits,
  type ClientScope,
  type CreatedExternalClient,
} from '../../src/protocol/external-clients';
import { itRefuses, UNKNOWN_ID, type Call, type RestApi, type Route } from '../support/server/rest-api';
import { ACCESS, liveStatus } from './access';

/** The routes that are open to external clients, each with its scope. Every other route is closed to them. */
export const CLIENT_ROUTES: Record<Route, ClientScope> = {
  'GET /api/devices': 'devices:read',
  'GET /api/devices/:id': 'devices:read',
  'GET /api/devices/:id/information': 'information:read',
  'GET /api/devices/:id/readings': 'information:read',
  'GET /api/meter-report': 'information:read',
  'GET /api/meter-report/file': 'information:read',
  'GET /api/report-templates': 'information:read',
  'POST /api/devices/:id/information': 'information:acquire',
  'POST /api/devices/:id/jobs': 'jobs:write',
  'GET /api/jobs': 'jobs:read',
  'GET /api/jobs/:id': 'jobs:read',
  'POST /api/jobs/:id/cancellation': 'jobs:write',
  'POST /api/sessions': 'sessions:write',
  'GET /api/sessions': 'sessions:read',
  'GET /api/sessions/:id': 'sessions:read',
  'GET /api/sessions/:id/connection': 'sessions:write',
  'POST /api/sessions/:id/termination': 'sessions:write',
};

/** What is sent for a token of this client. */
const tokenCall = ({ id, secret }: CreatedExternalClient, scope = ''): Call => ({
  form: { grant_type: 'client_credentials', client_id: id, client_secret: secret, scope },
});

export const newClient = (
  api: RestApi,
  name: string,
  settings: { scopes?: ClientScope[]; limits?: Partial<ClientLimits> } = {},
): Promise<CreatedExternalClient> => {
  const body = { name, scopes: clientScope.options, ...settings };
  return api.answers('ada', 'POST /api/clients', createdExternalClient, { body }, 201);
};

/** The headers of a client with a new token. */
export async function tokenOf(api: RestApi, client: CreatedExternalClient, scope?: string): Promise<Call> {
  const answer = await api.answers('anonymous', 'POST /oauth/token', accessTokenAnswer, tokenCall(client, scope));
  return { headers: { authorization: `Bearer ${answer.access_token}` } };
}

export function describeClients(api: () => RestApi): void {
  describe('external clients', () => {
    it('are created, changed, listed and revoked; their secrets are rotated', async () => {
      const { secret: _secret, ...created } = await newClient(api(), 'Reports');
      const params = { id: created.id };
      const body = { limits: { devices: ['printer'], operations: ['counters'] }, requestsPerMinute: 60 };
      const changed = await api().answers('ada', 'PATCH /api/clients/:id', externalClient, { params, body });
      const limits = { sites: null, applications: null, ...body.limits };
      expect(changed).toEqual({ ...created, limits, requestsPerMinute: 60 });
      const rotate = { params, body: {} };
      const rotated = await api().answers('ada', 'POST /api/clients/:id/secret', createdExternalClient, rotate, 201);
      expect(rotated.previousSecretUntil).not.toBeNull();
      expect(await api().answers('ada', 'GET /api/clients', z.array(externalClient))).toContainEqual(
        expect.objectContaining({ id: created.id, name: 'Reports' }),
      );
      const revoked = await api().answers('ada', 'POST /api/clients/:id/revocation', externalClient, { params });
      expect(revoked.revokedAt).not.toBeNull();
      const entries = await api().pages('ada', 'GET /api/audit', auditEvent, { clientId: created.id });
      expect(entries.map(({ action }) => action)).toEqual([
        'client.revoked',
        'client.secret-rotated',
        'client.changed',
        'client.created',
      ]);
      expect(entries.at(-2)?.detail).toBe('devices: printer; operations: counters; requests per minute: 60');
    });

    it('find the token endpoint by its metadata', async () => {
      const answer = await api().answers('anonymous', 'GET /.well-known/oauth-authorization-server', oauthMetadata);
      expect(new URL(answer.token_endpoint).pathname).toBe('/oauth/token');
    });

    it('and all others know from the OpenAPI document which credentials every route accepts', () => {
      const users = [{ cookie: [] }, { secureCookie: [] }, { token: [] }];
      const others: Record<Route, object[]> = {
        'POST /oauth/token': [{ clientSecret: [] }, {}],
        'GET /api/agent/firmware/:jobId': [{ jobToken: [] }],
        'GET /api/agent/releases/:version': [{ jobToken: [] }],
      };
      const expected = (route: Route): object[] => {
        if (route in CLIENT_ROUTES) return [...users, { client: [CLIENT_ROUTES[route]] }];
        return others[route] ?? (ACCESS[route] === 'anyone' ? [] : users);
      };
      const { paths, components } = api().document;
      for (const route of Object.keys(ACCESS)) {
        const [method, path] = route.split(' ') as [string, string];
        const { security } = paths[path.replaceAll(/:(\w+)/g, '{$1}')]![method.toLowerCase() as 'get']!;
        const sorted = (list: object[] = []) => list.map((each) => JSON.stringify(each)).sort();
        expect([route, sorted(security)]).toEqual([route, sorted(expected(route))]);
      }
      expect(components!.securitySchemes!.client).toMatchObject({
        type: 'oauth2',
        flows: { clientCredentials: { tokenUrl: '/oauth/token', scopes: CLIENT_SCOPES } },
      });
    });

    describe('reach', () => {
      let client: CreatedExternalClient;
      let everything: Call;
      const only = new Map<ClientScope, Call>();
      beforeAll(async () => {
        client = await newClient(api(), 'Everything');
        everything = await tokenOf(api(), client);
        for (const scope of clientScope.options) only.set(scope, await tokenOf(api(), client, scope));
      });

      const closed = Object.keys(ACCESS).filter(
        (route) => !(route in CLIENT_ROUTES) && ['technician', 'admin'].includes(ACCESS[route]!),
      );
      it.each(closed)('never %s, whatever their scopes', async (route) => {
        await api().refuses('anonymous', route, '403 forbidden', everything);
      });

      it('never the metrics', async () => {
        expect((await api().call('anonymous', 'GET /metrics', everything)).status).toBe(403);
      });

      it('never live events', async () => {
        const { headers } = everything;
        expect(await liveStatus(api(), { ...headers, origin: api().plane.url })).toBe(401);
      });

      it.each(Object.entries(CLIENT_ROUTES))('%s with the scope %s and no other', async (route, needed) => {
        for (const [scope, token] of only) {
          if (scope === needed) expect([401, 403]).not.toContain((await api().call('anonymous', route, token)).status);
          else await api().refuses('anonymous', route, '403 insufficient-scope', token);
        }
      });

      it('has a table that covers every scope', () => {
        expect(new Set(Object.values(CLIENT_ROUTES))).toEqual(new Set(clientScope.options));
      });
    });

    const params = { id: UNKNOWN_ID };
    itRefuses(api, [
      ['a change of an unknown client', 'ada', 'PATCH /api/clients/:id', '404 not-found', { params, body: {} }],
      ['a rotation of an unknown client', 'ada', 'POST /api/clients/:id/secret', '404 not-found', { params, body: {} }],
      ['a revocation of an unknown client', 'ada', 'POST /api/clients/:id/revocation', '404 not-found', { params }],
      ['entries of an unknown client', 'ada', 'GET /api/audit', '404 not-found', { query: { clientId: UNKNOWN_ID } }],
      [
        'an unknown scope',
        'ada',
        'POST /api/clients',
        '400 invalid-request',
        { body: { name: 'x', scopes: ['everything'] } },
      ],
    ]);
  });
}
