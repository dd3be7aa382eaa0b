import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { askForAccess, ConsoleBrowser } from '../support/console-browser';
import { TestStage } from '../support/test-stage';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
/** Where pictures of every screen are put; none are taken unless it is set. */
const SHOTS = process.env.PLATEN_SHOTS;

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };
const SCHEMES = ['light', 'dark'] as const;
const cases = Object.entries(SIZES).flatMap(([size, viewport]) =>
  SCHEMES.map((colorScheme) => [size, colorScheme, viewport] as const),
);

let on: TestStage;
let browser: ConsoleBrowser;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  on = await TestStage.set();
  if (SHOTS) await mkdir(SHOTS, { recursive: true });
}, 120_000);
afterEach(() => browser?.clear());
afterAll(async () => {
  await browser?.close();
  await on?.strike();
}, 60_000);

/** @returns findings of axe that keep somebody from using the page */
async function findings(page: Page): Promise<string[]> {
  // by the debugger, as the Content-Security-Policy of the page permits no such script
  await page.evaluate(AXE);
  const results = await page.evaluate<AxeResults>("axe.run(document, { resultTypes: ['violations'], iframes: false })");
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

describe.each(cases)('on a %s screen in %s colours', (size, colorScheme, viewport) => {
  let page: Page;

  async function look(name: string, fullPage = false): Promise<void> {
    await page.evaluate('document.fonts.ready');
    if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}-${size}-${colorScheme}.png`), fullPage });
    expect({ name, findings: await findings(page) }).toEqual({ name, findings: [] });
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect({ name, width }).toEqual({ name, width: viewport.width });
  }
  const goTo = async (path: string, heading: string): Promise<void> => {
    await page.goto(`${on.stage.serverUrl}${path}`);
    await page.getByRole('heading', { name: heading }).first().waitFor();
    await page.getByText('Loading').waitFor({ state: 'detached' });
  };

  it('everybody can use every screen', async () => {
    page = await browser.window({ viewport, colorScheme });
    await page.goto(on.stage.serverUrl);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await look('login');
    page = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.technician, { viewport, colorScheme });
    await page.getByRole('link', { name: 'Demo MFP' }).waitFor();
    await look('devices');
    await page.getByRole('link', { name: 'Demo MFP' }).click();
    await page.getByRole('button', { name: 'Open Web pages' }).click();
    await page.getByLabel('Reason').fill('Paper jams in tray 2, customer asks for a look at the counters');
    await look('open');
    await page.keyboard.press('Escape');
    await goTo('/devices', 'Devices');
    const id = await askForAccess(page, 'Paper jams in tray 2, customer asks for a look at the counters');
    await on.step('S143', id);
    await look('progress');
    await on.press(`/approvals/${id}`, { decision: 'approved' });
    await page.frameLocator('iframe').getByText('Ready to print').waitFor({ timeout: 30_000 });
    await look('view');
    const list = await page.context().newPage();
    const view = page;
    page = list;
    await goTo('/sessions', 'Sessions');
    await page.getByText('Running').waitFor();
    await look('sessions-live');
    await page.close();
    page = view;
    await page.getByRole('button', { name: 'End session' }).click();
    await page.getByText('The technician ended the session.').waitFor();
    await on.ended(id);
    await page.getByRole('button', { name: 'Ask again' }).waitFor();
    await look('ended');
    await goTo(`/sessions/${id}`, 'Paper jams');
    await look('session', true);
    await goTo('/sessions?state=ended', 'Sessions');
    await page.getByText('The technician ended').first().waitFor();
    await look('sessions');
    await goTo('/devices/demo-mfp', 'Demo MFP');
    await page.getByRole('table').waitFor();
    await look('device', true);
    await goTo('/tokens', 'API tokens');
    await page.getByRole('button', { name: 'Revoke' }).first().waitFor();
    await look('tokens');
    await goTo('/profile', 'Profile');
    await look('profile');
    await goTo('/devices/no-such-device', 'no-such-device');
    await page.getByText('Unknown device').waitFor();
    await look('problem');
  }, 120_000);

  it('administrators can use every screen of theirs', async () => {
    page = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.admin, { viewport, colorScheme });
    for (const [path, heading, row] of [
      ['/users', 'Users', 'Tina Technician'],
      ['/agents', 'Agents', 'demo-agent'],
      ['/audit', 'Audit trail', 'agent.enrolled'],
    ] as const) {
      await goTo(path, heading);
      await page.getByText(row).first().waitFor();
      await look(heading.toLowerCase().replace(' ', '-'));
    }
    await goTo('/tokens', 'API tokens');
    await page.getByText('No token yet').waitFor();
    await look('tokens-empty');
    await goTo('/agents', 'Agents');
    await page.getByRole('button', { name: 'Enrol an agent' }).click();
    await page.getByLabel('Agent ID').fill('warehouse');
    await page.getByRole('button', { name: 'Make a ticket' }).click();
    await page.getByText('shown only now').waitFor();
    await look('ticket');
    await page.keyboard.press('Escape');
    if (size === 'phone') {
      await page.getByRole('button', { name: 'Menu' }).click();
      // once it has come to rest
      await page.getByRole('link', { name: 'Audit trail' }).click({ trial: true });
      await look('menu');
    }
  }, 120_000);
});
