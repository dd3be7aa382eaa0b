import { z } from 'zod';
import {
  auditEvent,
  createdEnrolment,
  customer,
  customerSite,
  page,
  user,
  type Customer,
} from '../../src/protocol/api';
import { enrolment } from '../../src/protocol/control-channel';
import { itRefuses, UNKNOWN_ID, type RestApi } from '../support/server/rest-api';

export function describeCustomers(api: () => RestApi): void {
  describe('customers', () => {
    const list = (who: 'ada' | 'tess') => api().answers(who, 'GET /api/customers', z.array(customer));
    const found = async (id: string, who: 'ada' | 'tess' = 'ada'): Promise<Customer | undefined> =>
      (await list(who)).find((each) => each.id === id);
    const add = async (name: string) =>
      (await api().answers('ada', 'POST /api/customers', customer, { body: { name } }, 201)).id;
    const addSite = async (id: string, name: string) => {
      const call = { params: { id }, body: { name } };
      return (await api().answers('ada', 'POST /api/customers/:id/sites', customerSite, call, 201)).id;
    };
    const meOf = async (who: 'ada' | 'tess') => (await api().answers(who, 'GET /api/auth/me', user)).id;

    it('have sites; both are renamed, and their names are unique', async () => {
      const [id, other] = [await add(' Cafe Bloom '), await add('Bakery Ober')];
      const [hall, cellar] = [await addSite(id, 'Hall'), await addSite(id, 'Cellar')];
      await addSite(other, 'Hall');
      expect(await found(id)).toEqual({
        ...{ id, name: 'Cafe Bloom', userIds: [], relayPreference: null },
        sites: [
          { id: cellar, name: 'Cellar', relayPreference: null },
          { id: hall, name: 'Hall', relayPreference: null },
        ],
      });
      const call = (params: object, name: string) => ({ params: { ...params }, body: { name } });
      await api().refuses('ada', 'POST /api/customers', '409 conflict', { body: { name: 'Cafe Bloom' } });
      await api().refuses('ada', 'PATCH /api/customers/:id', '409 conflict', call({ id: other }, 'Cafe Bloom'));
      await api().refuses('ada', 'POST /api/customers/:id/sites', '409 conflict', call({ id }, 'Hall'));
      await api().refuses('ada', 'PATCH /api/sites/:id', '409 conflict', call({ id: cellar }, 'Hall'));
      await api().succeeds('ada', 'PATCH /api/customers/:id', call({ id }, 'Cafe Blum'));
      await api().succeeds('ada', 'PATCH /api/sites/:id', call({ id: hall }, 'Entrance hall'));
      expect(await found(id)).toMatchObject({ name: 'Cafe Blum', sites: [{}, { name: 'Entrance hall' }] });
    });

    it('and their sites prefer the relays of a region, or permit no others', async () => {
      const id = await add('Garage Gruen');
      const site = await addSite(id, 'Pit');
      const body = { preference: { region: 'eu', only: true } };
      await api().succeeds('ada', 'PUT /api/customers/:id/relay-preference', { params: { id }, body });
      await api().succeeds('ada', 'PUT /api/sites/:id/relay-preference', { params: { id: site }, body });
      expect(await found(id)).toMatchObject({
        relayPreference: body.preference,
        sites: [{ relayPreference: body.preference }],
      });
      const none = { params: { id: site }, body: { preference: null } };
      await api().succeeds('ada', 'PUT /api/sites/:id/relay-preference', none);
      expect((await found(id))?.sites).toMatchObject([{ relayPreference: null }]);
      const bad = { params: { id }, body: { preference: { region: '', only: true } } };
      await api().refuses('ada', 'PUT /api/customers/:id/relay-preference', '400 invalid-request', bad);
      const unknown = { params: { id: UNKNOWN_ID }, body };
      await api().refuses('ada', 'PUT /api/customers/:id/relay-preference', '404 not-found', unknown);
      await api().refuses('ada', 'PUT /api/sites/:id/relay-preference', '404 not-found', unknown);
    });

    it('are seen by the technicians who are assigned to them, without the other users', async () => {
      const id = await add('Dentist Dorn');
      const [tess, ada] = [await meOf('tess'), await meOf('ada')];
      expect(await found(id, 'tess')).toBeUndefined();
      const before = (await list('tess')).map((each) => each.id);
      const customerIds = [...before, id];
      await api().succeeds('ada', 'PUT /api/users/:id/customers', { params: { id: tess }, body: { customerIds } });
      expect(await found(id, 'tess')).toEqual({ id, name: 'Dentist Dorn', relayPreference: null, sites: [] });
      await api().succeeds('ada', 'PUT /api/customers/:id/users', { params: { id }, body: { userIds: [ada, tess] } });
      expect(await found(id)).toMatchObject({ userIds: [ada, tess].sort() });
      await api().succeeds('ada', 'PUT /api/customers/:id/users', { params: { id }, body: { userIds: [ada] } });
      expect((await list('tess')).map((each) => each.id)).toEqual(before);
      const body = { customerIds: [UNKNOWN_ID] };
      await api().refuses('ada', 'PUT /api/users/:id/customers', '400 invalid-request', { params: { id: tess }, body });
      const users = { params: { id }, body: { userIds: [UNKNOWN_ID] } };
      await api().refuses('ada', 'PUT /api/customers/:id/users', '400 invalid-request', users);
    });

    it('are not removed while agents are enrolled at their sites; the answer names the agents', async () => {
      const id = await add('Florist Fink');
      const siteId = await addSite(id, 'Shop');
      const empty = await addSite(id, 'Store');
      const body = { agentId: 'florist', siteId, deviceIds: ['florist'] };
      const { ticket } = await api().answers('ada', 'POST /api/enrolment-codes', createdEnrolment, { body }, 201);
      const code = ticket.split('.')[0]!;
      await api().answers('anonymous', 'POST /api/enrolment', enrolment, { body: { code } });
      for (const [route, params] of [
        ['DELETE /api/customers/:id', { id }],
        ['DELETE /api/sites/:id', { id: siteId }],
      ] as const)
        expect((await api().refuses('ada', route, '409 conflict', { params })).detail).toContain('florist');
      await api().succeeds('ada', 'DELETE /api/sites/:id', { params: { id: empty } });
      await api().succeeds('ada', 'DELETE /api/agents/:id', { params: { id: 'florist' } });
      await api().succeeds('ada', 'DELETE /api/customers/:id', { params: { id } });
      expect(await found(id)).toBeUndefined();
      await api().refuses('ada', 'DELETE /api/sites/:id', '404 not-found', { params: { id: siteId } });
    });

    it('take the enrolment codes of their sites with them', async () => {
      const id = await add('Grocer Graf');
      const siteId = await addSite(id, 'Shop');
      const body = { agentId: 'grocer', siteId, deviceIds: ['grocer'] };
      const { ticket } = await api().answers('ada', 'POST /api/enrolment-codes', createdEnrolment, { body }, 201);
      await api().succeeds('ada', 'DELETE /api/customers/:id', { params: { id } });
      const code = ticket.split('.')[0]!;
      await api().refuses('anonymous', 'POST /api/enrolment', '403 code-refused', { body: { code } });
      await api().refuses('ada', 'POST /api/enrolment-codes', '404 not-found', { body });
    });

    it('have their names in the audit trail, also after they are removed', async () => {
      const tess = await meOf('tess');
      const id = await add('Hatter Hahn');
      const [shop, store] = [await addSite(id, 'Shop'), await addSite(id, 'Store')];
      const call = (name: string) => ({ params: { id }, body: { name } });
      await api().succeeds('ada', 'PUT /api/customers/:id/users', { params: { id }, body: { userIds: [tess] } });
      await api().succeeds('ada', 'PUT /api/customers/:id/users', { params: { id }, body: { userIds: [] } });
      const body = { agentId: 'hatter', siteId: shop, deviceIds: ['hatter'] };
      const { ticket } = await api().answers('ada', 'POST /api/enrolment-codes', createdEnrolment, { body }, 201);
      await api().answers('anonymous', 'POST /api/enrolment', enrolment, { body: { code: ticket.split('.')[0]! } });
      const moved = { params: { id: 'hatter' }, body: { siteId: store } };
      await api().succeeds('ada', 'PATCH /api/agents/:id', moved);
      await api().succeeds('ada', 'DELETE /api/agents/:id', { params: { id: 'hatter' } });
      await api().succeeds('ada', 'PATCH /api/customers/:id', call('Hatter Huhn'));
      await api().succeeds('ada', 'PATCH /api/sites/:id', { params: { id: shop }, body: { name: 'Workshop' } });
      await api().succeeds('ada', 'DELETE /api/sites/:id', { params: { id: shop } });
      await api().succeeds('ada', 'DELETE /api/customers/:id', { params: { id } });

      const { rows } = await api().answers('ada', 'GET /api/audit', page(auditEvent), { query: { limit: 20 } });
      const since = rows.findIndex((row) => row.action === 'customer.created' && row.target === 'Hatter Hahn');
      const until = expect.stringMatching(/^for site Shop of customer Hatter Hahn, devices hatter, valid until 2/);
      expect(rows.slice(0, since + 1).map(({ action, target, detail }) => [action, target, detail])).toEqual([
        ['customer.removed', 'Hatter Huhn', ''],
        ['site.removed', 'Workshop', 'of customer Hatter Huhn'],
        ['site.renamed', 'Workshop', 'formerly Shop, of customer Hatter Huhn'],
        ['customer.renamed', 'Hatter Huhn', 'formerly Hatter Hahn'],
        ['agent.removed', 'hatter', ''],
        ['agent.moved', 'hatter', 'from site Shop of customer Hatter Hahn to site Store of customer Hatter Hahn'],
        ['agent.enrolled', 'hatter', expect.anything()],
        ['agent.enrolment-created', 'hatter', until],
        ['customer.assigned', 'Hatter Hahn', 'none'],
        ['customer.assigned', 'Hatter Hahn', 'tess'],
        ['site.created', 'Store', 'of customer Hatter Hahn'],
        ['site.created', 'Shop', 'of customer Hatter Hahn'],
        ['customer.created', 'Hatter Hahn', ''],
      ]);
    });

    const unknown = { params: { id: UNKNOWN_ID } };
    const named = { ...unknown, body: { name: 'x' } };
    itRefuses(api, [
      ['a customer without a name', 'ada', 'POST /api/customers', '400 invalid-request', { body: { name: ' ' } }],
      ['a new name of an unknown customer', 'ada', 'PATCH /api/customers/:id', '404 not-found', named],
      ['the removal of an unknown customer', 'ada', 'DELETE /api/customers/:id', '404 not-found', unknown],
      ['a site of an unknown customer', 'ada', 'POST /api/customers/:id/sites', '404 not-found', named],
      ['a new name of an unknown site', 'ada', 'PATCH /api/sites/:id', '404 not-found', named],
      [
        'the users of an unknown customer',
        'ada',
        'PUT /api/customers/:id/users',
        '404 not-found',
        { ...unknown, body: { userIds: [] } },
      ],
      [
        'the customers of an unknown user',
        'ada',
        'PUT /api/users/:id/customers',
        '404 not-found',
        { ...unknown, body: { customerIds: [] } },
      ],
      ['a customer by name', 'ada', 'DELETE /api/customers/:id', '400 invalid-request', { params: { id: 'x' } }],
    ]);
  });
}
