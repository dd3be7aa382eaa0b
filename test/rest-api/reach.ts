import { user } from '../../src/protocol/api';
import { NO_NOTES } from '../../src/protocol/device-notes';
import { announce, reportDenials } from '../../src/protocol/control-channel';
import { NoticesService } from '../../src/server/notices/notices.service';
import type { ScriptedAgent } from '../support/agent/scripted-agent';
import vectors from '../vectors/control-channel.json';
import { announcedPrinter } from '../support/server/control-plane';
import { until } from '../support/until';
import { UNKNOWN_ID, type Call, type Refusal, type RestApi, type Route } from '../support/server/rest-api';
import { ACCESS } from './access';
import { newLogin } from './accounts';
import { CLIENT_ROUTES, newClient, tokenOf } from './clients';

/** What belongs to a customer that Tess and Ada reach, and Tom and Nell do not. Every name contains `secret`. */
interface Secrets {
  readonly deviceId: string;
  readonly sessionId: string;
  readonly jobId: string;
  readonly alertId: string;
  readonly campaignId: string;
  readonly templateId: string;
}
type Hidden = readonly [id: keyof Secrets, refusal: Refusal, call: (id: string) => Call];
/**
 * What a route shows of customers. `none`: nothing, or only the caller's own account. `list`: rows of which only those
 * within reach are there. Otherwise one thing, which is refused like an unknown one.
 */
type Shows = 'none' | 'list' | Hidden;

const { changedAt: _at, changedBy: _by, ...NOTES } = NO_NOTES;
const byId = (id: string): Call => ({ params: { id } });
const device: Hidden = ['deviceId', '404 unknown-device', byId];
const ofSession: Hidden = ['sessionId', '404 unknown-session', byId];
const job: Hidden = ['jobId', '404 unknown-job', byId];
const alert: Hidden = ['alertId', '404 unknown-alert', byId];
const ofTemplate: Hidden = ['templateId', '404 unknown-settings-template', byId];
const ofCampaign: Hidden = ['campaignId', '404 unknown-campaign', byId];
const SHOWS: Record<Route, Shows> = {
  'POST /api/auth/logout': 'none',
  'GET /api/auth/me': 'none',
  'PATCH /api/auth/me': 'none',
  'POST /api/auth/password': 'none',
  'GET /api/auth/factors': 'none',
  'GET /api/auth/events': 'none',
  'GET /api/auth/logins': 'none',
  'DELETE /api/auth/logins': 'none',
  'DELETE /api/auth/logins/:id': 'none',
  'GET /api/tokens': 'none',
  'POST /api/tokens': 'none',
  'DELETE /api/tokens/current': 'none',
  'DELETE /api/tokens/:id': 'none',
  'GET /api/browser-access': 'none',
  'GET /api/firmware': 'none',
  'GET /api/retention': 'none',
  'POST /api/notices/reading': 'none',
  // readings.ts and reports.ts try these out of reach
  'POST /api/metered-devices/:id/readings': 'none',
  'PUT /api/meter-jumps/:id/offset': 'none',
  'GET /api/meter-report': 'none',
  'GET /api/meter-report/file': 'none',
  'GET /api/reading-schedules': 'none',
  'GET /api/report-templates': 'none',
  'GET /api/customers': 'list',
  'GET /api/devices': 'list',
  'GET /api/overview': 'list',
  'GET /api/fleet': 'list',
  'GET /api/fleet/groups': 'list',
  'GET /api/fleet/export': 'list',
  'GET /api/fleet/views': 'none',
  'POST /api/fleet/views': 'none',
  'DELETE /api/fleet/views/:id': 'none',
  'POST /api/fleet/jobs': 'none', // refuses each device that is out of reach as an unknown one; see fleet.ts
  'GET /api/sessions': 'list',
  'GET /api/jobs': 'list',
  'GET /api/notices': 'list',
  'GET /api/alerts': 'list',
  'GET /api/settings-templates': 'list',
  'GET /api/campaigns': 'list',
  'POST /api/campaigns': 'none', // refuses a device that is out of reach as an unknown one; see campaigns.ts
  'POST /api/campaigns/plan': 'none',
  'POST /api/notices/:id/reading': 'none', // of another user; see the last test here for one's own
  'GET /api/devices/:id': device,
  'GET /api/devices/:id/identity': device,
  'GET /api/devices/:id/information': device,
  'POST /api/devices/:id/information': device,
  'GET /api/devices/:id/settings': device,
  'GET /api/devices/:id/notes': device,
  'PUT /api/devices/:id/notes': ['deviceId', '404 unknown-device', (id) => ({ ...byId(id), body: NOTES })],
  'GET /api/devices/:id/readings': [
    'deviceId',
    '404 unknown-device',
    (id) => ({ ...byId(id), query: { from: '2020-01-01T00:00:00Z', to: '2040-01-01T00:00:00Z' } }),
  ],
  'GET /api/devices/:id/conditions': device,
  'GET /api/devices/:id/denials': device,
  'POST /api/devices/:id/jobs': [
    'deviceId',
    '404 unknown-device',
    (id) => ({ ...byId(id), body: { operation: 'counters' } }),
  ],
  'POST /api/sessions': [
    'deviceId',
    '404 unknown-device',
    (deviceId) => ({ body: { deviceId, applicationId: 'web', reason: 'x', minutes: 5 } }),
  ],
  'GET /api/sessions/:id': ofSession,
  'GET /api/sessions/:id/connection': ofSession,
  'POST /api/sessions/:id/termination': ofSession,
  'POST /api/sessions/:id/browser': ofSession,
  'DELETE /api/sessions/:id/browser': ofSession,
  'GET /api/alerts/:id': alert,
  'POST /api/alerts/:id/acknowledgement': alert,
  'GET /api/settings-templates/:id': ofTemplate,
  'GET /api/settings-templates/:id/drift': ofTemplate,
  'GET /api/settings-templates/:id/devices': ofTemplate,
  'GET /api/settings-templates/:id/export': ofTemplate,
  'GET /api/devices/:id/drift': device,
  'GET /api/campaigns/:id': ofCampaign,
  'GET /api/campaigns/:id/devices': ofCampaign,
  'GET /api/campaigns/:id/export': ofCampaign,
  'POST /api/campaigns/:id/pause': ofCampaign,
  'POST /api/campaigns/:id/resumption': ofCampaign,
  'POST /api/campaigns/:id/abortion': ofCampaign,
  'GET /api/jobs/:id': job,
  'POST /api/jobs/:id/cancellation': job,
};
const isOpenToClients = (route: Route): boolean => route in CLIENT_ROUTES;
const isOfRequester = (route: Route): boolean =>
  isOpenToClients(route) && /^\w+ \/api\/(sessions|jobs)/.test(route) && route !== 'POST /api/sessions';
const routes = (kind: 'list' | 'thing'): Route[] =>
  Object.keys(SHOWS).filter((route) => (kind === 'list' ? SHOWS[route] === 'list' : typeof SHOWS[route] === 'object'));

export function describeReach(api: () => RestApi): void {
  describe('reach', () => {
    let agent: ScriptedAgent;
    let secrets: Secrets;
    let customer: string;
    let tess: string;
    /** The customers of Tess before these tests. */
    let before: string[];
    let nell: Call;
    /** External clients: within limits that exclude all of this, and without limits. */
    let limited: Call;
    let unlimited: Call;
    const assign = (customerIds: string[]) =>
      api().succeeds('ada', 'PUT /api/users/:id/customers', { params: { id: tess }, body: { customerIds } });
    beforeAll(async () => {
      const { plane } = api();
      customer = await plane.addCustomer('Secret Service');
      const account = await plane.enrol('secret-agent', await plane.addSite(customer, 'Secret site'));
      agent = await plane.streamOf(account);
      const printer = announcedPrinter('secret-mfp');
      const device = {
        ...printer,
        applications: [...printer.applications, { ...printer.applications[0]!, id: 'panel' }],
      };
      await agent.ask(announce, { agentVersion: '1', devices: [device] });
      tess = (await api().answers('tess', 'GET /api/auth/me', user)).id;
      const known = (await plane.call('tess', 'GET', '/customers')).body as unknown as { id: string }[];
      before = known.map(({ id }) => id);
      await assign([...before, customer]);
      nell = await newLogin(api(), 'nell');
      const sessionId = String((await plane.ask('tess', 'secret-mfp')).body.id);
      const request = { operation: 'counters', waitMinutes: 5 };
      const jobId = String((await plane.call('tess', 'POST', '/devices/secret-mfp/jobs', request)).body.id);
      // its toner is low
      const alerts = async () =>
        (await plane.call('ada', 'GET', '/alerts?deviceId=secret-mfp')).body as { rows: { id: string }[] };
      const { id: alertId } = await until('an alert', async () => (await alerts()).rows[0]);
      const later = new Date(Date.now() + 3_600_000).toISOString();
      const devices = { deviceIds: ['secret-mfp'] };
      const wanted = { name: 'Secret campaign', devices, operation: 'identify', startsAt: later };
      const begun = await api().succeeds('tess', 'POST /api/campaigns', { body: wanted }, 201);
      const campaignId = (begun.body as { id: string }).id;
      const template = { name: 'Secret template', devices, settings: { location: 'Secret place' } };
      const added = await api().succeeds('ada', 'POST /api/settings-templates', { body: template }, 201);
      const templateId = (added.body as { id: string }).id;
      secrets = { deviceId: 'secret-mfp', sessionId, jobId, alertId, campaignId, templateId };
      const limits = { devices: ['printer'] };
      limited = await tokenOf(api(), await newClient(api(), 'Limited', { limits }));
      unlimited = await tokenOf(api(), await newClient(api(), 'Unlimited'));
    });
    afterAll(async () => {
      const params = { id: secrets.campaignId };
      await api().call('tess', 'POST /api/campaigns/:id/abortion', { params });
      await api().call('ada', 'DELETE /api/settings-templates/:id', { params: { id: secrets.templateId } });
      await api().plane.clear();
      await assign(before);
      await agent?.leave();
      await api().plane.call('ada', 'DELETE', '/agents/secret-agent');
    });

    it('is decided for every route that technicians may call', () => {
      const open = Object.keys(ACCESS).filter((route) => ACCESS[route] === 'technician');
      expect(Object.keys(SHOWS).sort()).toEqual(open.sort());
    });

    const others = [
      ['a technician of another customer', () => ['tom', {}] as const, () => true],
      ['a technician without customers', () => ['anonymous', nell] as const, () => true],
      ['a client that is limited to other devices', () => ['anonymous', limited] as const, isOpenToClients],
      ['a client, of what others requested,', () => ['anonymous', unlimited] as const, isOfRequester],
    ] as const;
    describe.each(others)('of %s', (_who, caller, isConcerned) => {
      it.each(routes('thing').filter(isConcerned))('ends at %s like that of something unknown', async (route) => {
        const [which, refusal, call] = SHOWS[route] as Hidden;
        const [who, login] = caller();
        const answer = async (id: string) => {
          const { body } = await api().call(who, route, { ...call(id), ...login });
          return JSON.parse(JSON.stringify(body).replaceAll(id, 'ID')) as { status: number; code: string };
        };
        const hidden = await answer(secrets[which]);
        expect(hidden).toEqual(await answer(which === 'deviceId' ? 'no-such-device' : UNKNOWN_ID));
        expect(`${hidden.status} ${hidden.code}`).toBe(refusal);
      });

      it.each(routes('list').filter(isConcerned))(
        'has nothing of it in %s, however small the pages are',
        async (route) => {
          const [who, login] = caller();
          const all = await api().call(who, route, login);
          expect(all.status).toBe(200);
          expect(all.text.toLowerCase()).not.toContain('secret');
          for (let cursor = ''; ;) {
            const query = route === 'GET /api/customers' ? {} : { limit: 1, ...(cursor && { cursor }) };
            const { body, text } = await api().call(who, route, { ...login, query });
            expect(text.toLowerCase()).not.toContain('secret');
            const { rows = [], next = null } = body as { rows?: unknown[]; next?: string | null };
            if (next) expect(rows).toHaveLength(1); // a page is not shortened by what it hides
            if (!next) break;
            cursor = next;
          }
        },
      );

      it('is not changed by naming the device in a query', async () => {
        const [who, login] = caller();
        const query = { deviceId: 'secret-mfp' };
        for (const route of ['GET /api/sessions', 'GET /api/jobs', 'GET /api/alerts'].filter(isConcerned))
          expect((await api().call(who, route, { ...login, query })).body).toEqual({ rows: [], next: null });
      });
    });

    it.each(['ada', 'tess'] as const)('of %s includes it', async (who) => {
      for (const route of routes('list').filter((each) => each !== 'GET /api/notices'))
        expect((await api().call(who, route)).text.toLowerCase()).toContain('secret');
      for (const route of routes('thing').filter((each) => each.startsWith('GET') && !each.endsWith('connection'))) {
        const [which, , call] = SHOWS[route] as Hidden;
        expect((await api().call(who, route, call(secrets[which]))).status).toBe(200);
      }
    });

    it('of a client includes what it requested itself, and its devices only as far as its limits go', async () => {
      const { plane } = api();
      const limits = { devices: ['secret-mfp'], applications: ['web'], operations: ['counters' as const] };
      const client = await newClient(api(), 'Own', { limits });
      const own = await tokenOf(api(), client);
      const call = (route: Route, more: Call = {}) => api().call('anonymous', route, { ...own, ...more });
      const [which, , device] = SHOWS['GET /api/devices/:id'] as Hidden;
      const shown = await call('GET /api/devices/:id', device(secrets[which]));
      expect(shown.body).toMatchObject({ applications: [{ id: 'web' }], operations: ['counters'] });
      expect((await call('GET /api/devices')).body.rows).toEqual([shown.body]);
      const session = { deviceId: 'secret-mfp', applicationId: 'web', reason: 'x', minutes: 5 };
      const { id } = (await call('POST /api/sessions', { body: session })).body as { id: string };
      const params = { id: 'secret-mfp' };
      const body = { operation: 'counters', waitMinutes: 5 };
      const job = (await call('POST /api/devices/:id/jobs', { params, body })).body as { id: string };
      const ids = async (route: Route) =>
        ((await call(route)).body as { rows: { id: string }[] }).rows.map((row) => row.id);
      expect([await ids('GET /api/sessions'), await ids('GET /api/jobs')]).toEqual([[id], [job.id]]);
      const user = { kind: 'client', id: client.id, username: '(client) Own', displayName: 'Own' };
      for (const [route, ofWhat] of [
        ['GET /api/sessions/:id', id],
        ['GET /api/jobs/:id', job.id],
      ] as const)
        expect((await call(route, byId(ofWhat))).body).toMatchObject({ id: ofWhat, user });
      expect((await call('GET /api/sessions/:id/connection', byId(id))).body).toMatchObject({ status: 'waiting' });
      expect((await call('POST /api/sessions/:id/termination', byId(id))).body).toMatchObject({ id });
      await plane.reaches(id, 'ended');
      const beyond: [Route, Call][] = [
        ['POST /api/sessions', { body: { ...session, applicationId: 'vnc' } }],
        ['POST /api/devices/:id/jobs', { params, body: { ...body, operation: 'restart' } }],
        ['POST /api/devices/:id/information', { params }],
      ];
      for (const [route, more] of beyond) await api().refuses('anonymous', route, '403 forbidden', { ...own, ...more });
    });

    it('of a user no longer includes their own sessions and notices when a customer is taken away', async () => {
      const remoteSessionId = secrets.sessionId;
      const siteId = (await agentSite()).id;
      const halted = {
        deviceId: 'secret-mfp',
        deviceName: 'Secret MFP',
        applicationId: 'web',
        userName: 'Tess',
        siteId,
      };
      await api()
        .app.get(NoticesService, { strict: false })
        .notifyOfHalt({ ...halted, remoteSessionId, userId: tess });
      const notices = () => api().call('tess', 'GET /api/notices');
      const { id } = ((await notices()).body as { rows: { id: string }[] }).rows[0]!;
      expect((await notices()).text).toContain('Secret MFP');
      await assign(before);
      expect((await notices()).text).not.toContain('Secret MFP');
      await api().refuses('tess', 'POST /api/notices/:id/reading', '404 unknown-notice', { params: { id } });
      for (const route of routes('thing').filter((each) => each.includes('/sessions/:id')))
        await api().refuses('tess', route, '404 unknown-session', byId(remoteSessionId));
      expect((await api().plane.reaches(remoteSessionId, 'ended')).ending).toBe('revoked');
      await assign([...before, customer]);
      expect((await notices()).text).toContain('Secret MFP');
      await api().call('tess', 'POST /api/notices/:id/reading', { params: { id } });
    });

    it('of past sessions and denials stays with the former site when its agent is moved; open ones end', async () => {
      const { plane } = api();
      const another = await plane.addCustomer('Another customer');
      const elsewhere = await plane.addSite(another, 'Yard');
      const { denials } = reportDenials.request.parse(vectors.reportDenials.request);
      await agent.ask(reportDenials, { deviceId: 'secret-mfp', denials });
      const denied = async () =>
        (await api().call('tess', 'GET /api/devices/:id/denials', byId('secret-mfp'))).body as { rows: object[] };
      expect((await denied()).rows).toHaveLength(denials.length);
      const move = (siteId: string) =>
        api().succeeds('ada', 'PATCH /api/agents/:id', { params: { id: 'secret-agent' }, body: { siteId } });
      const { id: site } = await agentSite();
      const id = String((await plane.ask('tess', 'secret-mfp')).body.id);
      await move(elsewhere);
      await plane.reaches(id, 'ended');
      const past = await api().call('tess', 'GET /api/sessions/:id', byId(id));
      expect(past.body).toMatchObject({
        ending: 'revoked',
        detail: 'the agent of the device was moved to another site',
      });
      await api().refuses('tess', 'GET /api/devices/:id', '404 unknown-device', byId('secret-mfp'));
      await assign([...before, customer, another]);
      expect((await denied()).rows).toHaveLength(denials.length);
      await assign([...before, another]);
      expect((await denied()).rows).toEqual([]);
      await assign([...before, customer]);
      await move(site);
      expect((await api().call('tess', 'GET /api/devices/:id', byId('secret-mfp'))).status).toBe(200);
    });

    const agentSite = async () => {
      const { site } = (await api().plane.call('ada', 'GET', '/devices/secret-mfp')).body as { site: { id: string } };
      return site;
    };
  });
}
