import type { Page, Request } from 'playwright-core';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { DEFAULT_ALERT_RULES, type Alert } from '../../src/protocol/alert';
import type { Delivery } from '../../src/protocol/webhook';
import { findings } from '../support/browser/axe';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { CONSOLE_URL, ConsoleWithoutServer, refuse } from '../support/browser/console-without-server';
import { sampleAlert, sampleUser } from '../support/samples/api-samples';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

const AT = '2026-03-02T09:00:00.000Z';
const admin = { ...sampleUser, username: 'ada', displayName: 'Ada Admin', role: 'admin' as const };
const CUSTOMER = sampleAlert.customerId!;
const customers = [{ id: CUSTOMER, name: 'Acme', sites: [], userIds: [] }];
const agentAlert: Alert = {
  ...{ ...sampleAlert, id: '3e1d5c0a-7b1f-4a7e-9d55-0c1b2a3d4e60', rule: 'agent-silent', severity: 'error' },
  ...{ deviceId: null, deviceName: '', facts: { devices: 12 } },
};
const acknowledged = { at: AT, by: 'Ada Admin' };

let browser: ConsoleBrowser;
beforeAll(async () => (browser = await ConsoleBrowser.launch()));
afterEach(() => browser?.clear());
afterAll(() => browser?.close());

describe('alerts in the console, without a server', () => {
  let page: Page;
  let console_: ConsoleWithoutServer;
  let alerts: Alert[];
  /** Queries of the list, without those of the count. */
  let queries: string[];
  /** What the console has changed: method, path and body. */
  let changes: [string, unknown][];
  const note = (request: Request): void => {
    const { pathname } = new URL(request.url());
    if (request.method() !== 'GET') changes.push([`${request.method()} ${pathname}`, request.postDataJSON()]);
  };
  const visit = async (path: string, options: Parameters<ConsoleBrowser['window']>[0] = {}, user = admin) => {
    [queries, changes] = [[], []];
    page = await browser.window(options);
    console_ = await ConsoleWithoutServer.open(page, user);
    await page.route(/\/api\/customers$/, (route) => route.fulfill({ json: customers }));
    await page.route(/\/api\/alerts\?/, (route) => {
      const { search } = new URL(route.request().url());
      const isCount = search.includes('acknowledged=no');
      if (!isCount) queries.push(search.replace(/[?&]limit=50/, ''));
      const rows = alerts.filter((each) => !isCount || each.acknowledged === null);
      return route.fulfill({ json: { rows, next: null } });
    });
    await page.route(/\/api\/alerts\/.+\/acknowledgement$/, (route) => {
      note(route.request());
      alerts = alerts.map((each, index) => (index === 0 ? { ...each, acknowledged } : each));
      return route.fulfill({ json: alerts[0] });
    });
    await page.goto(`${CONSOLE_URL}${path}`);
  };
  beforeEach(() => {
    alerts = [sampleAlert, agentAlert];
  });
  const row = (name: RegExp) => page.getByRole('row', { name });

  it.each([
    ['en-GB', 'light', 1280, /Black toner: 7% left/, /Agent building-a is not connected. Devices behind it: 12/],
    ['ja-JP', 'dark', 360, /残り7%/, /エージェント「building-a」が接続されていません。配下の機器：12台/],
  ] as const)('are shown in %s, %s, %i px', async (locale, colorScheme, width, toner, agent) => {
    await visit('/alerts', { locale, colorScheme, viewport: { width, height: 800 } });
    await row(toner).waitFor();
    await row(agent).waitFor();
    expect(await findings(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });

  it('are counted in the navigation, and acknowledged by keyboard', async () => {
    await visit('/alerts');
    await page.getByRole('link', { name: /^Alerts\s*2 not acknowledged$/ }).waitFor();
    await page.getByRole('button', { name: 'Acknowledge Black toner: 7% left, Copy room' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText(/Acknowledged by Ada Admin/).waitFor();
    expect(changes).toEqual([[`POST /api/alerts/${sampleAlert.id}/acknowledgement`, null]]);
    await page.getByRole('link', { name: /^Alerts\s*1 not acknowledged$/ }).waitFor();
  });

  it('change while they are shown', async () => {
    alerts = [];
    await visit('/alerts');
    await page.getByText('No open alerts').waitFor();
    alerts = [sampleAlert];
    await console_.happens({ type: 'alert', alert: sampleAlert });
    await row(/Black toner: 7% left/).waitFor();
    const emptier = { ...sampleAlert, facts: { ...sampleAlert.facts, level: 3 } };
    await console_.happens({ type: 'alert', alert: emptier });
    await row(/Black toner: 3% left/).waitFor();
    alerts = [];
    await console_.happens({ type: 'alert', alert: { ...emptier, resolved: { at: AT, resolution: 'cleared' } } });
    await page.getByText('No open alerts').waitFor();
  });

  it('are filtered by the address of the page', async () => {
    alerts = [];
    await visit(`/alerts?state=resolved&severity=error&customerId=${CUSTOMER}&rule=nonsense`);
    await page.getByText('No alert matches the filters').waitFor();
    expect(new Set(queries)).toEqual(new Set([`?severity=error&customerId=${CUSTOMER}&state=resolved`]));
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByText('No resolved alerts yet').waitFor();
    expect(new URL(page.url()).search).toBe('?state=resolved');
    await page.getByText('Open', { exact: true }).click();
    await page.getByText('No open alerts').waitFor();
    await page.getByRole('combobox', { name: 'Rule' }).click();
    await page.getByRole('option', { name: 'Paper jam' }).click();
    await page.getByText('No alert matches the filters').waitFor();
    expect(new URL(page.url()).search).toBe('?rule=jam');
  });

  it('say a technician nothing about rules', async () => {
    alerts = [];
    await visit('/alerts', {}, sampleUser as never);
    await page.getByText('An alert appears here as soon as a device or an agent needs somebody.').waitFor();
    expect(await page.getByRole('link', { name: 'Rules' }).count()).toBe(0);
  });

  describe('have rules', () => {
    const settings = {
      version: 3,
      rules: DEFAULT_ALERT_RULES,
      mail: { to: ['desk@vendor.example'], language: 'en' },
      quiet: { timeZone: 'Europe/Berlin', hours: [] },
    };
    const open = async (path: string, options = {}) => {
      await visit('/alerts', options);
      const answers = (pattern: RegExp, json: object) =>
        page.route(pattern, (route) => {
          note(route.request());
          return route.fulfill({ json: route.request().method() === 'PUT' ? route.request().postDataJSON() : json });
        });
      await answers(/\/api\/alert-settings$/, settings);
      await answers(/\/api\/customers\/.+\/alert-settings$/, { version: 0, rules: {}, mail: null, quiet: null });
      await page.goto(`${CONSOLE_URL}${path}`);
    };

    it.each([
      ['en-GB', 'light', 1280],
      ['ja-JP', 'dark', 360],
    ] as const)('that are shown in %s, %s, %i px', async (locale, colorScheme, width) => {
      await open('/alerts/settings', { locale, colorScheme, viewport: { width, height: 800 } });
      await page.getByText('desk@vendor.example').waitFor();
      expect(await findings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    });

    it('for all customers', async () => {
      await open('/alerts/settings');
      await page.getByRole('textbox', { name: 'Supply low: Below (%)' }).fill('15');
      await page.getByRole('button', { name: 'Add hours' }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved.').waitFor();
      const rules = {
        ...DEFAULT_ALERT_RULES,
        'supply-low': { ...DEFAULT_ALERT_RULES['supply-low'], belowPercent: 15 },
      };
      const hours = [{ days: [1, 2, 3, 4, 5, 6, 7], from: '20:00', until: '07:00' }];
      expect(changes).toEqual([
        ['PUT /api/alert-settings', { ...settings, rules, quiet: { ...settings.quiet, hours } }],
      ]);
    });

    it('of a customer, where it has values of its own', async () => {
      await open(`/alerts/settings?customer=${CUSTOMER}`);
      await page.getByRole('switch', { name: 'Paper jam: Own values for this customer' }).check({ force: true });
      await page.getByRole('textbox', { name: 'Paper jam: After (minutes)' }).fill('5');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved.').waitFor();
      const rules = { jam: { enabled: true, minutes: 5 } };
      expect(changes).toEqual([
        [`PUT /api/customers/${CUSTOMER}/alert-settings`, { version: 0, rules, mail: null, quiet: null }],
      ]);
    });

    it('that another user has changed meanwhile are not overwritten', async () => {
      await open('/alerts/settings');
      await page.getByText('desk@vendor.example').waitFor();
      await page.route(/\/api\/alert-settings$/, (route) =>
        route.request().method() === 'PUT' ? refuse(route, 'outdated') : route.fulfill({ json: settings }),
      );
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Changed in the meantime').waitFor();
    });
  });

  describe('are sent', () => {
    const hook = {
      ...{ id: CUSTOMER, name: 'Desk', customerId: null, url: 'https://desk.example/hook' },
      ...{ active: true, createdAt: AT, createdBy: 'Ada Admin' },
    };
    const failed: Delivery = {
      ...{ id: sampleAlert.id, alertId: sampleAlert.id, event: 'raised', kind: 'webhook', recipient: 'Desk' },
      ...{ webhookId: hook.id, state: 'given-up', attempts: 14, at: AT, nextAttemptAt: null, settledAt: AT },
      error: 'the receiver answered with HTTP 500',
    };
    const open = async (hooks: object[], options = {}) => {
      await visit('/alerts', options);
      await page.route(/\/api\/webhooks$/, (route) => {
        note(route.request());
        return route.request().method() === 'GET'
          ? route.fulfill({ json: hooks })
          : route.fulfill({ status: 201, json: { ...hook, secret: 'whsec_secret' } });
      });
      await page.route(/\/api\/(webhooks|alert-deliveries)\/.+/, (route) => {
        note(route.request());
        return route.fulfill({ status: 200, json: failed });
      });
      await page.route(/\/api\/alert-deliveries\?/, (route) => route.fulfill({ json: { rows: [failed], next: null } }));
      await page.goto(`${CONSOLE_URL}/alerts/webhooks`);
    };

    it.each([
      ['en-GB', 'light', 1280, 'the receiver answered with HTTP 500'],
      ['ja-JP', 'dark', 360, '受信側がHTTP 500で応答しました'],
    ] as const)('and shown in %s, %s, %i px, with the last error', async (locale, colorScheme, width, error) => {
      await open([hook], { locale, colorScheme, viewport: { width, height: 800 } });
      await page.getByText(error).waitFor();
      expect(await findings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    });

    it('to a new webhook, whose secret is shown once', async () => {
      await open([]);
      await page.getByText('No webhooks yet').waitFor();
      await page.getByRole('button', { name: 'New webhook' }).click();
      await page.getByLabel('Name').fill('Desk');
      await page.getByLabel('Address').fill('https://desk.example/hook');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('textbox', { name: 'Secret' }).waitFor();
      expect(await page.getByRole('textbox', { name: 'Secret' }).textContent()).toBe('whsec_secret');
      expect(changes).toEqual([
        ['POST /api/webhooks', { name: 'Desk', url: 'https://desk.example/hook', customerId: null }],
      ]);
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });

    it('as a test, and again', async () => {
      await open([hook]);
      await page.getByRole('button', { name: 'Send a test to Desk' }).click();
      await page.getByRole('button', { name: /^Send again to Desk/ }).click();
      await until('both requests', () => changes.length === 2);
      expect(changes.map(([change]) => change)).toEqual([
        `POST /api/webhooks/${hook.id}/test`,
        `POST /api/alert-deliveries/${failed.id}/redelivery`,
      ]);
    });
  });
});

describe('the inbox, with a simulated device whose toner falls', () => {
  let on: TestStage;
  beforeAll(async () => {
    on = await TestStage.set();
  });
  afterAll(() => on?.strike());

  it('shows the alert at once, has it acknowledged, and forgets it when the cartridge has been replaced', async () => {
    const page = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.technician);
    const row = page.getByRole('row', { name: /Black toner: 9% left Demo MFP/ });
    const inbox = page.locator('.navigation').getByRole('link', { name: /^Alerts/ });
    // printers of the stage may have alerts of their own
    await inbox.click();
    await page.getByRole('heading', { name: 'Alerts' }).waitFor();
    /** The agent looks at the device now, instead of within a minute. */
    const change = async (what: 'occurrence' | 'clearance') => {
      await on.atThePrinter('toner-low', what);
      await on.post('/api/devices/demo-mfp/information', {});
    };
    await change('occurrence');
    await row.waitFor();
    await row.getByRole('button', { name: 'Acknowledge Black toner: 9% left, Demo MFP' }).click();
    await row.getByText(/^Acknowledged by/).waitFor();
    await row.getByRole('link', { name: 'Demo MFP' }).click();
    const ofDevice = page.getByRole('region', { name: 'Alerts', exact: true });
    await ofDevice.getByText('Black toner: 9% left').waitFor();
    await change('clearance');
    await ofDevice.waitFor({ state: 'detached' });
    await inbox.click();
    await page.getByRole('heading', { name: 'Alerts' }).waitFor();
    await row.waitFor({ state: 'detached' });
    await page.getByText('Resolved', { exact: true }).click();
    await row.waitFor();
    expect(await row.textContent()).toContain('Acknowledged by');
  });
});
