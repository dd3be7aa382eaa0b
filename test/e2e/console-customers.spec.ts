import type { Page, Request } from 'playwright-core';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { findings } from '../support/browser/axe';
import { CONSOLE_URL, ConsoleWithoutServer, refuse } from '../support/browser/console-without-server';
import { sampleUser } from '../support/samples/api-samples';
import { sampleRelay } from '../support/samples/sample-relay';

const AT = '2026-03-02T09:00:00.000Z';
const id = (n: number): string => `0d2b3f6e-3c56-4d0a-9a52-${String(n).padStart(12, '0')}`;
const [ACME, BAKERY, OFFICE, MILL] = [1, 2, 3, 4].map(id) as [string, string, string, string];
const admin = { ...sampleUser, id: id(9), username: 'ada', displayName: 'Ada Admin', role: 'admin' as const };
const customers = [
  { id: ACME, name: 'Acme', sites: [{ id: OFFICE, name: 'Head office' }], userIds: [sampleUser.id] },
  { id: BAKERY, name: 'Bakery', sites: [{ id: MILL, name: 'Mill' }], userIds: [] },
];
const agent = {
  id: 'hall',
  online: true,
  asleep: false,
  version: '1.0.0',
  createdAt: AT,
  lastSeenAt: AT,
  site: { id: OFFICE, name: 'Head office', customerName: 'Acme' },
  deviceIds: ['hall-*'],
  knowsNextKey: null,
};

let browser: ConsoleBrowser;
beforeAll(async () => (browser = await ConsoleBrowser.launch()));
afterEach(() => browser?.clear());
afterAll(() => browser?.close());

describe('customers in the console, without a server', () => {
  let page: Page;
  /** What the console has changed: method, path and body. */
  let changes: [string, unknown][];
  const visit = async (path: string, known: object = customers, locale = 'en-GB') => {
    changes = [];
    page = await browser.window({ locale });
    await ConsoleWithoutServer.open(page, admin);
    const note = (request: Request) => {
      const change = `${request.method()} ${new URL(request.url()).pathname}`;
      if (request.method() !== 'GET') changes.push([change, request.postDataJSON()]);
      return request.method() === 'GET';
    };
    await page.route(/\/api\/customers$/, (route) =>
      note(route.request()) ? route.fulfill({ json: known }) : route.fulfill({ status: 201, json: customers[0] }),
    );
    await page.route(/\/api\/agents$/, (route) => route.fulfill({ json: [agent] }));
    await page.route(/\/api\/users(\?.*)?$/, (route) =>
      route.fulfill({ json: { rows: [admin, sampleUser], next: null } }),
    );
    await page.route(/\/api\/(customers|sites|agents)\/.+/, (route) => {
      note(route.request());
      return route.request().url().endsWith('/sites')
        ? route.fulfill({ status: 201, json: { id: MILL, name: 'Store' } })
        : route.fulfill({ status: 204 });
    });
    await page.goto(`${CONSOLE_URL}${path}`);
  };
  const panel = (name: string) => page.getByRole('region', { name });
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const enter = async (label: string, text: string) => {
    await page.getByRole('dialog').getByLabel(label).fill(text);
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  };

  it('are shown with sites, agents and technicians', async () => {
    await visit('/customers');
    await panel('Acme').getByText('Technicians: Tess Technician').waitFor();
    await panel('Acme')
      .getByRole('row', { name: /Head office As the customer hall/ })
      .waitFor();
    await panel('Bakery').getByText('No technicians are assigned. Only administrators see this customer.').waitFor();
    await panel('Bakery')
      .getByRole('row', { name: /Mill As the customer No agents/ })
      .waitFor();
    expect(await findings(page)).toEqual([]);
  });

  it('that are missing make the screen say what to do', async () => {
    await visit('/customers', []);
    await page.getByText('Create a customer here, or enter its name when you enrol an agent.').waitFor();
  });

  it('and their sites are created and renamed', async () => {
    await visit('/customers');
    await press('New customer');
    await enter('Name of the customer', 'Cafe');
    await press('Add site to Acme');
    await enter('Site', 'Store');
    await press('Rename Acme');
    await enter('Name of the customer', 'Acme Ltd');
    await press('Rename Head office');
    await enter('Site', 'Office');
    expect(changes).toEqual([
      ['POST /api/customers', { name: 'Cafe' }],
      [`POST /api/customers/${ACME}/sites`, { name: 'Store' }],
      [`PATCH /api/customers/${ACME}`, { name: 'Acme Ltd' }],
      [`PATCH /api/sites/${OFFICE}`, { name: 'Office' }],
    ]);
  });

  it('and their sites choose the relays of a region', async () => {
    const [acme] = customers as [(typeof customers)[number]];
    const only = { ...acme, relayPreference: { region: 'eu', only: true }, sites: acme.sites };
    await visit('/customers', [only]);
    await page.route(/\/api\/relays$/, (route) =>
      route.fulfill({ json: [sampleRelay({ id: 'tokyo', region: 'jp' })] }),
    );
    await panel('Acme').getByText('Relays: region eu only').waitFor();
    await panel('Acme')
      .getByRole('row', { name: /Head office As the customer/ })
      .waitFor();
    expect(await findings(page)).toEqual([]);
    await press('Choose relays for Head office');
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel('Only this region').isDisabled()).toBe(true);
    await dialog.getByRole('combobox', { name: 'Preferred region' }).click();
    await page.getByRole('option', { name: 'jp' }).click();
    await dialog.getByLabel('Only this region').check();
    expect(await findings(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await press('Choose relays for Acme');
    await enter('Preferred region', '');
    expect(changes).toEqual([
      [`PUT /api/sites/${OFFICE}/relay-preference`, { preference: { region: 'jp', only: true } }],
      [`PUT /api/customers/${ACME}/relay-preference`, { preference: null }],
    ]);
  });

  it('get technicians', async () => {
    await visit('/customers');
    await press('Assign technicians to Bakery');
    await page.getByRole('combobox', { name: 'Technicians' }).click();
    await page.getByRole('option', { name: 'Tess Technician (tess)' }).click();
    await page.getByRole('dialog').getByRole('heading').click(); // closes the list
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(changes).toEqual([[`PUT /api/customers/${BAKERY}/users`, { userIds: [sampleUser.id] }]]);
  });

  it('are removed only after a confirmation; a refusal is shown', async () => {
    await visit('/customers');
    await page.route(/\/api\/customers\/.+/, (route) => refuse(route, 'conflict'));
    await press('Remove Acme?');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This is not possible while agents are enrolled there.').waitFor();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await dialog.getByRole('alert').waitFor();
    expect(changes).toEqual([]);
  });

  it('exchange an agent, which is moved to a site of another customer', async () => {
    await visit('/agents');
    await page.getByRole('row', { name: /hall/ }).waitFor();
    expect(await findings(page)).toEqual([]);
    await press('Move agent hall to another site');
    await page.getByText('jobs that have not started are withdrawn').waitFor();
    await page.getByRole('combobox', { name: 'Site' }).click();
    await page.getByRole('option', { name: 'Mill' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Move' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(changes).toEqual([['PATCH /api/agents/hall', { siteId: MILL }]]);
  });

  it('are in Japanese, too', async () => {
    await visit('/customers', customers, 'ja-JP');
    await page.getByText('技術者：Tess Technician').waitFor();
    expect(await page.locator('main').innerText()).not.toMatch(/technician[^T]|Assign|Remove|Rename/);
  });
});

it('what changed between the first answer and the first live connection is read again', async () => {
  const page = await browser.window();
  await ConsoleWithoutServer.open(page, admin);
  let connect: () => void = () => undefined;
  const connected = new Promise<void>((resolve) => (connect = resolve));
  await page.routeWebSocket(/\/api\/live$/, () => connected);
  let known = customers.slice(0, 1);
  await page.route(/\/api\/customers$/, (route) => route.fulfill({ json: known }));
  await page.goto(`${CONSOLE_URL}/customers`);
  await page.getByText('Acme').first().waitFor();
  known = customers;
  connect();
  await page.getByText('Bakery').first().waitFor();
});
