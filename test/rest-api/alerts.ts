import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import {
  alert,
  alertSettings,
  customerAlertSettings,
  DEFAULT_ALERT_RULES,
  type AlertSettings,
} from '../../src/protocol/alert';
import { page } from '../../src/protocol/api';
import { createdWebhook, delivery, webhook } from '../../src/protocol/webhook';
import { itRefuses, UNKNOWN_ID, type RestApi } from '../support/server/rest-api';
import { until } from '../support/until';

export function describeAlerts(api: () => RestApi): void {
  describe('alerts', () => {
    const list = (query: Record<string, string>) => api().pages('tom', 'GET /api/alerts', alert, query);
    /** Of the device `printer`, whose toner is low. */
    const raised = () => until('an alert', async () => (await list({ deviceId: 'printer' }))[0]);

    it('are listed in pages, and by filters', async () => {
      const first = await raised();
      expect(first).toMatchObject({
        ...{ rule: 'supply-low', severity: 'warning', deviceId: 'printer', deviceName: 'printer', agentId: 'box' },
        ...{ site: { customerName: 'Acme', name: 'Berlin' }, facts: { supply: { name: 'Black toner' }, level: 9 } },
        ...{ acknowledged: null, resolved: null },
      });
      const customerId = first.customerId!;
      const ids = async (query: Record<string, string>) => (await list(query)).map(({ id }) => id);
      for (const query of [
        { state: 'all' },
        { severity: 'warning' },
        { rule: 'supply-low', customerId },
        { acknowledged: 'no', deviceId: 'printer' },
      ] as Record<string, string>[])
        expect(await ids(query)).toContain(first.id);
      for (const query of [
        { state: 'resolved' },
        { severity: 'error' },
        { rule: 'jam' },
        { customerId: UNKNOWN_ID },
        { acknowledged: 'yes' },
        { deviceId: 'other' },
      ] as Record<string, string>[])
        expect(await ids(query)).not.toContain(first.id);
      expect(await api().answers('tom', 'GET /api/alerts/:id', alert, { params: { id: first.id } })).toEqual(first);
    });

    it('are acknowledged once, by the first who does', async () => {
      const params = { id: (await raised()).id };
      const route = 'POST /api/alerts/:id/acknowledgement';
      const { acknowledged } = await api().answers('tom', route, alert, { params });
      expect(acknowledged).toEqual({ at: expect.any(String), by: 'TOM' });
      expect((await api().answers('ada', route, alert, { params })).acknowledged).toEqual(acknowledged);
    });

    const unknown = { params: { id: UNKNOWN_ID } };
    itRefuses(api, [
      ['an unknown alert', 'tom', 'GET /api/alerts/:id', '404 unknown-alert', unknown],
      ['to acknowledge an unknown alert', 'tom', 'POST /api/alerts/:id/acknowledgement', '404 unknown-alert', unknown],
      ['an alert by number', 'tom', 'GET /api/alerts/:id', '400 invalid-request', { params: { id: '1' } }],
      ['an unknown rule', 'tom', 'GET /api/alerts', '400 invalid-request', { query: { rule: 'rust' } }],
      ['a cursor of another list', 'tom', 'GET /api/alerts', '400 invalid-request', { query: { cursor: 'x' } }],
    ]);
  });
}

export function describeAlertSettings(api: () => RestApi): void {
  describe('settings of alerts', () => {
    const all = () => api().answers('ada', 'GET /api/alert-settings', alertSettings);
    const put = (body: object) => ({ body: { ...body } });

    it('are those built in until they are changed, by the version that was read', async () => {
      const first = await all();
      expect(first).toMatchObject({ version: 0, mail: { to: [] }, quiet: { hours: [] } });
      expect(first.rules['supply-low']).toEqual(DEFAULT_ALERT_RULES['supply-low']);
      const changed: AlertSettings = { ...first, mail: { to: ['desk@vendor.example'], language: 'ja' } };
      const route = 'PUT /api/alert-settings';
      const second = await api().answers('ada', route, alertSettings, put(changed));
      expect(second).toEqual({ ...changed, version: 1 });
      await api().refuses('ada', route, '409 outdated', put(changed));
      await api().answers('ada', route, alertSettings, put({ ...first, version: 1 }));
    });

    it('of a customer are what it has of its own', async () => {
      const params = { id: await api().plane.addCustomer('Optician Oster') };
      const route = 'PUT /api/customers/:id/alert-settings';
      const none = { version: 0, rules: {}, mail: null, quiet: null };
      const read = () =>
        api().answers('ada', 'GET /api/customers/:id/alert-settings', customerAlertSettings, { params });
      expect(await read()).toEqual(none);
      const quiet = { timeZone: 'Asia/Tokyo', hours: [{ days: [6, 7], from: '00:00', until: '00:00' }] };
      const own = { ...none, rules: { jam: { enabled: false, minutes: 5 } }, quiet };
      const changed = await api().answers('ada', route, customerAlertSettings, { params, body: own });
      expect(changed).toEqual({ ...own, version: 1 });
      expect(await read()).toEqual(changed);
      await api().refuses('ada', route, '409 outdated', { params, body: own });
    });

    const unknown = { params: { id: UNKNOWN_ID } };
    const none = { version: 0, rules: {}, mail: null, quiet: null };
    const ofCustomer = (body: object) => ({ params: { id: UNKNOWN_ID }, body: { ...none, ...body } });
    const route = 'PUT /api/customers/:id/alert-settings';
    const low = { ...DEFAULT_ALERT_RULES['supply-low'], belowPercent: 20 };
    const soon = { ...DEFAULT_ALERT_RULES['supply-low'], resolvedAtDays: 7 };
    itRefuses(api, [
      ['those of an unknown customer', 'ada', 'GET /api/customers/:id/alert-settings', '404 not-found', unknown],
      ['new ones of an unknown customer', 'ada', route, '404 not-found', ofCustomer({})],
      ['a rule that never resolves', 'ada', route, '400 invalid-request', ofCustomer({ rules: { 'supply-low': low } })],
      ['days that never resolve', 'ada', route, '400 invalid-request', ofCustomer({ rules: { 'supply-low': soon } })],
      ['an unknown rule', 'ada', route, '400 invalid-request', ofCustomer({ rules: { rust: {} } })],
      [
        'an unknown time zone',
        'ada',
        route,
        '400 invalid-request',
        ofCustomer({ quiet: { timeZone: 'Mars', hours: [] } }),
      ],
      [
        'what is no address',
        'ada',
        route,
        '400 invalid-request',
        ofCustomer({ mail: { to: ['desk'], language: 'en' } }),
      ],
    ]);
  });
}

export function describeWebhooks(api: () => RestApi): void {
  describe('webhooks', () => {
    let afterThis: () => void = () => undefined;
    afterEach(() => afterThis());
    const create = (body: object) =>
      api().answers('ada', 'POST /api/webhooks', createdWebhook, { body: { ...body } }, 201);

    it('are created with a secret that is shown once, changed and removed', async () => {
      const customerId = await api().plane.addCustomer('Printer Prinz');
      const url = 'https://desk.example/hooks/t0ken';
      const { secret, ...made } = await create({ name: 'Desk', customerId, url });
      expect(made).toMatchObject({ name: 'Desk', customerId, url, active: true, createdBy: 'ADA' });
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      const params = { id: made.id };
      expect(await api().answers('ada', 'GET /api/webhooks', z.array(webhook))).toContainEqual(made);
      const body = { name: 'Desk 2', active: false };
      const changed = await api().answers('ada', 'PATCH /api/webhooks/:id', webhook, { params, body });
      expect(changed).toEqual({ ...made, ...body });
      const again = await api().answers('ada', 'POST /api/webhooks/:id/secret', createdWebhook, { params }, 201);
      expect(again).toEqual({ ...changed, secret: expect.not.stringContaining(secret) });
      await api().succeeds('ada', 'DELETE /api/webhooks/:id', { params });
      await api().refuses('ada', 'DELETE /api/webhooks/:id', '404 not-found', { params });
    });

    it('are tested; what was sent is listed, and sent again', async () => {
      const received: string[] = [];
      const receiver = createServer((request, answer) => {
        received.push(String(request.headers['webhook-id']));
        answer.writeHead(204).end();
      }).listen(0, '127.0.0.1');
      afterThis = () => receiver.close();
      await once(receiver, 'listening');
      const { port } = receiver.address() as AddressInfo;
      const { id } = await create({ name: 'Local', customerId: null, url: `http://127.0.0.1:${port}/` });
      const test = await api().answers('ada', 'POST /api/webhooks/:id/test', delivery, { params: { id } }, 201);
      expect(test).toMatchObject({ event: 'test', kind: 'webhook', recipient: 'Local', webhookId: id, alertId: null });
      const sent = (times: number) =>
        until('the test to be sent', async () => {
          const query = { webhookId: id };
          const { rows } = await api().answers('ada', 'GET /api/alert-deliveries', page(delivery), { query });
          const [only] = rows;
          return received.filter((each) => each === test.id).length === times && only?.state === 'sent' && only;
        });
      expect(await sent(1)).toMatchObject({ id: test.id, attempts: 1, error: '', nextAttemptAt: null });
      const params = { id: test.id };
      await api().answers('ada', 'POST /api/alert-deliveries/:id/redelivery', delivery, { params });
      await sent(2);
      expect(await api().pages('ada', 'GET /api/alert-deliveries', delivery, { state: 'sent' })).not.toEqual([]);
      await api().succeeds('ada', 'DELETE /api/webhooks/:id', { params: { id } });
    });

    const body = { name: 'x', customerId: null, url: 'https://x.example/' };
    const unknown = { params: { id: UNKNOWN_ID } };
    const route = 'POST /api/webhooks';
    itRefuses(api, [
      ['an address without TLS', 'ada', route, '400 invalid-request', { body: { ...body, url: 'http://x.example/' } }],
      [
        'a login in an address',
        'ada',
        route,
        '400 invalid-request',
        { body: { ...body, url: 'https://a:b@x.example/' } },
      ],
      ['a text that is no address', 'ada', route, '400 invalid-request', { body: { ...body, url: 'text' } }],
      ['an address of a file', 'ada', route, '400 invalid-request', { body: { ...body, url: 'file:///etc/passwd' } }],
      ['one of an unknown customer', 'ada', route, '404 not-found', { body: { ...body, customerId: UNKNOWN_ID } }],
      ['a change of nothing', 'ada', 'PATCH /api/webhooks/:id', '400 invalid-request', { ...unknown, body: {} }],
      [
        'a change of an unknown one',
        'ada',
        'PATCH /api/webhooks/:id',
        '404 not-found',
        { ...unknown, body: { name: 'y' } },
      ],
      ['a secret of an unknown one', 'ada', 'POST /api/webhooks/:id/secret', '404 not-found', unknown],
      ['a test of an unknown one', 'ada', 'POST /api/webhooks/:id/test', '404 not-found', unknown],
      ['an unknown delivery', 'ada', 'POST /api/alert-deliveries/:id/redelivery', '404 not-found', unknown],
    ]);
  });
}
