import type { Page } from 'playwright-core';
import { en } from '../../src/console/messages/en';
import { ja } from '../../src/console/messages/ja';
import { sampleUser } from '../support/samples/api-samples';
import { withSampleMaintenance } from '../support/samples/maintenance-samples';
import { sampleReadings, sampleReport, withSampleReadings } from '../support/samples/readings-samples';
import { findings } from '../support/browser/axe';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { CONSOLE_URL, ConsoleWithoutServer } from '../support/browser/console-without-server';
import { until } from '../support/until';

const admin = { ...sampleUser, role: 'admin' as const };
const [t, r] = [en.history, en.reports];
const ACME = { id: '0d2b3f6e-3c56-4d0a-9a52-000000000001', name: 'Acme', sites: [], userIds: [] };

describe('readings in the console, without a server', () => {
  let browser: ConsoleBrowser;
  let page: Page;
  /** What the console has sent: method, path and body. */
  let sent: [string, unknown][];
  beforeAll(async () => (browser = await ConsoleBrowser.launch()));
  afterEach(() => browser.clear());
  afterAll(() => browser?.close());

  const visit = async (path: string, known = sampleReadings(), options: object = {}) => {
    sent = [];
    page = await browser.window({ locale: 'en-GB', ...options });
    await ConsoleWithoutServer.open(page, admin);
    await withSampleMaintenance(page);
    await withSampleReadings(page, known);
    await page.route(/\/api\/customers$/, (route) => route.fulfill({ json: [ACME] }));
    const note = async (route: Parameters<Parameters<Page['route']>[1]>[0], answer: object) => {
      const request = route.request();
      sent.push([`${request.method()} ${new URL(request.url()).pathname}`, request.postDataJSON()]);
      await route.fulfill(answer);
    };
    await page.route(/\/api\/meter-jumps\/.+/, (route) => note(route, { status: 204 }));
    await page.route(/\/api\/metered-devices\/.+/, (route) => {
      const { at, counters } = route.request().postDataJSON() as { at: string; counters: object };
      return note(route, { status: 201, json: { at, counters, state: 'unknown', levels: {} } });
    });
    await page.goto(`${CONSOLE_URL}${path}`);
  };
  const history = () => page.getByRole('region', { name: t.title, exact: true });

  it('a device has plots of its meters, supplies and state, and days left of its supplies', async () => {
    await visit('/devices/copy-room');
    await history()
      .getByRole('figure', { name: /Counted since/ })
      .waitFor();
    await history().getByRole('figure', { name: t.supplies }).waitFor();
    await history().getByRole('figure', { name: t.state }).waitFor();
    await history().getByText('about 15 days left').waitFor();
    await history().getByText(t.noForecast).waitFor();
    // lines with axes
    await until('the lines', async () => (await history().locator('.recharts-line-curve').count()) === 4);
    expect(await history().locator('.recharts-xAxis .recharts-cartesian-axis-tick').count()).toBeGreaterThan(4);
    expect(await history().locator('.recharts-yAxis .recharts-cartesian-axis-tick').count()).toBeGreaterThan(4);
    expect(await findings(page)).toEqual([]);
  });

  it('the console starts without the library of the plots', async () => {
    const loaded: string[] = [];
    await visit('/devices/copy-room');
    await history().getByRole('figure', { name: t.state }).waitFor();
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
    await page.goto(`${CONSOLE_URL}/reports`);
    await page.getByRole('heading', { name: r.title }).waitFor();
    expect(loaded.filter((path) => /plots/.test(path))).toEqual([]);
    expect(loaded.some((path) => path.endsWith('.js'))).toBe(true);
  });

  it('a device that was never read says what to do', async () => {
    await visit('/devices/copy-room', { ...sampleReadings(), since: null, readings: [], supplies: [], jumps: [] });
    await history().getByText(t.emptyHint).waitFor();
  });

  it('the page says why a device is not read on schedule', async () => {
    const schedule = { hours: 24, nextAt: null, obstacle: 'not-permitted' as const };
    await visit('/devices/copy-room', { ...sampleReadings(), schedule });
    await history().getByText(t.obstacles['not-permitted']).waitFor();
  });

  it('the offset of a counter that jumped is entered, with a reason', async () => {
    await visit('/devices/copy-room');
    await history().getByText('Scans: 9,270 → 0').waitFor();
    await history().getByRole('button', { name: t.enterOffset }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel(t.offset).inputValue()).toBe('9270');
    await dialog.getByLabel(t.reason).fill('board replaced');
    await dialog.getByRole('button', { name: en.actions.save }).click();
    await dialog.waitFor({ state: 'detached' });
    const { id } = sampleReadings().jumps[0]!;
    expect(sent).toEqual([[`PUT /api/meter-jumps/${id}/offset`, { offset: 9_270, reason: 'board replaced' }]]);
  });

  it('the report shows volumes, what is estimated and what is not known, and is adjusted', async () => {
    await visit('/reports');
    await page.getByRole('row', { name: /Copy room.*Impressions.*estimated.*2,790/ }).waitFor();
    await page.getByRole('row', { name: new RegExp(`Scans.*${r.problems.jump}`) }).waitFor();
    await page.getByText('Scans: 0 (1 not known)').waitFor();
    await page.getByRole('button', { name: 'Adjust Impressions of Copy room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(r.value).fill('122500');
    await dialog.getByLabel(r.reason).fill('read by phone');
    await dialog.getByRole('button', { name: en.actions.save }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(sent).toMatchObject([
      ['POST /api/metered-devices/7/readings', { counters: { impressions: 122_500 }, reason: 'read by phone' }],
    ]);
    expect(await findings(page)).toEqual([]);
  });

  it('the report of a customer and month is downloaded', async () => {
    await visit('/reports');
    await page.getByLabel(r.month, { exact: true }).fill('2026-02');
    await page.getByRole('combobox', { name: r.customer }).click();
    await page.getByRole('option', { name: 'Acme' }).click();
    const link = page.getByRole('link', { name: r.download('XLSX') });
    await until('the address', async () => (await link.getAttribute('href'))?.includes(ACME.id));
    const { searchParams } = new URL((await link.getAttribute('href'))!, CONSOLE_URL);
    expect(Object.fromEntries(searchParams)).toEqual({
      ...{ from: '2026-02-01', to: '2026-02-28', customerId: ACME.id, format: 'xlsx' },
    });
  });

  it('the columns of a file are stored as a template, whose first lines are shown', async () => {
    await visit('/reports');
    const templates = page.getByRole('region', { name: r.templates.title, exact: true });
    await templates.getByRole('link', { name: 'ERP' }).waitFor();
    await templates.getByRole('link', { name: r.templates.add }).click();
    await page.getByRole('cell', { name: '2790', exact: true }).waitFor();
    await page.getByRole('textbox', { name: r.templates.name, exact: true }).fill('Billing');
    await page.getByLabel('Column 1: Heading').fill('EQUIPMENT');
    await page.getByRole('columnheader', { name: 'EQUIPMENT' }).waitFor();
    await page.getByRole('button', { name: r.templates.removeColumn('2') }).click();
    await page.getByRole('combobox', { name: r.templates.line }).click();
    await page.getByRole('option', { name: r.templates.lines.device, exact: true }).click();
    await page.getByText(r.templates.incompleteHint).waitFor();
    for (const column of [2, 3, 4])
      await page.getByLabel(`Column ${column}: ${r.templates.counter}`).fill('impressions');
    await page.getByRole('columnheader', { name: 'EQUIPMENT' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.route(/\/api\/report-templates$/, async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      sent.push(['POST', route.request().postDataJSON()]);
      await route.fulfill({ status: 201, json: { id: ACME.id, ...(route.request().postDataJSON() as object) } });
    });
    await page.getByRole('button', { name: en.actions.save }).click();
    await page.waitForURL(/\/reports$/);
    const counter = 'impressions';
    expect(sent).toMatchObject([
      [
        'POST',
        {
          ...{ name: 'Billing', line: 'device' },
          columns: [
            { heading: 'EQUIPMENT', field: 'serial' },
            { field: 'meter', counter },
            { field: 'last', counter },
            { field: 'volume', counter },
          ],
        },
      ],
    ]);
  });

  it('a month without devices says what to do', async () => {
    await visit('/reports');
    await page.route(/\/api\/meter-report\?/, (route) =>
      route.fulfill({ json: { ...sampleReport, devices: [], totals: [] } }),
    );
    await page.getByLabel(r.month, { exact: true }).fill('2026-01');
    await page.getByText(r.emptyHint).waitFor();
  });

  it.each([
    ['dark', { colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 390, height: 844 } }],
  ])('%s, the plots are accessible', async (_what, options) => {
    await visit('/devices/copy-room', sampleReadings(), options);
    await history().getByRole('figure', { name: t.state }).waitFor();
    expect(await findings(page)).toEqual([]);
    const width = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(width).toBe(0);
  });

  it('speaks Japanese', async () => {
    await visit('/devices/copy-room', sampleReadings(), { locale: 'ja-JP' });
    await page.getByRole('figure', { name: ja.history.state }).waitFor();
    await page.getByText(ja.history.noForecast).waitFor();
  });
});
