import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { en } from '../../src/console/messages/en';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { TestStage } from '../support/stage/test-stage';

const t = en.fleet;

/** A technician's work with the list of many devices, in a real browser and against the real programs. */
let on: TestStage;
let browser: ConsoleBrowser;
let page: Page;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  on = await TestStage.set({ moreDevices: ['copy-room', 'warehouse'] });
});
beforeEach(async () => {
  page = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.technician);
  await page.getByRole('link', { name: 'warehouse' }).waitFor();
});
afterEach(() => browser?.clear());
afterAll(async () => {
  await browser?.close();
  await on?.strike();
});

const list = () => page.getByRole('table', { name: en.devices.title });
const devices = () => list().locator('a.strong');
/** Waits until the list has exactly these devices. */
const listed = async (names: string[]): Promise<void> => {
  for (const name of names) await list().getByRole('link', { name, exact: true }).waitFor();
  await page.getByText(new RegExp(`^${names.length} of \\d+ devices$`)).waitFor();
  expect(await devices().allInnerTexts()).toEqual(names);
};

it('a note is written, found by the search, and its filter survives a reload', async () => {
  await page.getByRole('link', { name: 'warehouse' }).click();
  await page.getByRole('region', { name: en.notes.title }).getByRole('button', { name: en.notes.edit }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(en.notes.text).fill('Ask for the forklift.\nThe fuser is on order.');
  await dialog.getByLabel(en.notes.assetTag).fill('A-0815');
  await dialog.getByRole('button', { name: en.notes.addLink }).click();
  await dialog.getByLabel(en.notes.linkTitle).fill('Contract');
  await dialog.getByLabel(en.notes.address).fill('javascript:alert(1)');
  await dialog.getByRole('button', { name: en.actions.save }).click();
  await dialog.getByText('must be an address with http:// or https://').waitFor();
  await dialog.getByLabel(en.notes.address).fill('https://erp.example/4711');
  await dialog.getByLabel(en.notes.text).press('Control+Enter');
  await dialog.waitFor({ state: 'detached' });
  const link = page.getByRole('link', { name: 'Contract' });
  expect(await link.getAttribute('href')).toBe('https://erp.example/4711');
  expect(await link.getAttribute('rel')).toBe('noopener noreferrer');

  await page.getByRole('navigation').getByRole('link', { name: en.devices.title }).click();
  await devices().first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('forklift a-08');
  await listed(['warehouse']);
  await page.waitForURL(/[?&]search=forklift/);
  await page.reload();
  await listed(['warehouse']);
});

it('notes that someone else has changed are shown before they are replaced', async () => {
  const openNotes = async (on: Page): Promise<void> => {
    await on.getByRole('link', { name: 'copy-room' }).click();
    await on.getByRole('region', { name: en.notes.title }).getByRole('button', { name: en.notes.edit }).click();
  };
  await openNotes(page);
  const other = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.admin);
  await openNotes(other);
  await other.getByRole('dialog').getByLabel(en.notes.text).fill('from the other window');
  await other.getByRole('dialog').getByRole('button', { name: en.actions.save }).click();
  await other.getByRole('dialog').waitFor({ state: 'detached' });
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(en.notes.text).fill('from this one');
  await dialog.getByRole('button', { name: en.actions.save }).click();
  await dialog.getByText(en.problems.outdated.title, { exact: true }).waitFor();
  await dialog.getByRole('region', { name: en.notes.stored }).getByText('from the other window').waitFor();
  expect(await dialog.getByLabel(en.notes.text).inputValue()).toBe('from this one');
  await dialog.getByRole('button', { name: en.notes.replaceStored }).click();
  await dialog.getByRole('button', { name: en.actions.save }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('from this one').waitFor();
});

it('a filter is saved, and applied from another screen', async () => {
  await page.goto(`${on.stage.serverUrl}/devices?search=copy-room&sort=last-seen`);
  await listed(['copy-room']);
  await page.getByRole('button', { name: t.views }).click();
  await page.getByRole('dialog').getByLabel(t.viewName).fill('Copy rooms');
  await page.getByRole('dialog').getByRole('button', { name: t.saveView }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Copy rooms' }).waitFor();
  await page.goto(`${on.stage.serverUrl}/devices`);
  await page.getByRole('button', { name: t.views }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Copy rooms' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await listed(['copy-room']);
  await page.waitForURL(/search=copy-room&sort=last-seen/);
});

it('three devices are selected and get a job each; what is refused is shown with its reason', async () => {
  for (const name of ['copy-room', 'warehouse', 'Demo MFP']) await page.getByLabel(t.selectNamed(name)).check();
  await page.getByText(t.selected(3)).waitFor();
  await page.getByRole('button', { name: t.startJob }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: en.maintenance.operation }).click();
  await page.getByRole('option', { name: en.maintenance.operations['test-page'].name }).click();
  await dialog.getByRole('button', { name: t.startJobs(3) }).click();
  await dialog.getByText(/^Started: \d\. Refused: \d\.$/).waitFor();
  const rows = dialog.getByRole('table', { name: t.outcomes }).getByRole('row');
  expect(await rows.count()).toBe(4);
  await rows.filter({ hasText: 'Demo MFP' }).getByRole('link', { name: t.started }).click();
  await page.getByRole('heading', { name: /Test page/ }).waitFor();
});

it('the list is grouped, and a number leads to its devices', async () => {
  await page.goto(`${on.stage.serverUrl}/devices?by=customer`);
  const table = page.getByRole('table', { name: t.groupings.customer });
  const number = table.locator('tbody').getByRole('link').first();
  const count = await number.innerText();
  await number.click();
  await page.waitForURL(/[?&]customerId=/);
  await devices().first().waitFor();
  expect(await devices().count()).toBe(Number(count));
});

it('what the filter fits is exported', async () => {
  await page.goto(`${on.stage.serverUrl}/devices?search=warehouse&columns=assetTag`);
  await listed(['warehouse']);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: t.export }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^devices-.*\.csv$/);
  const lines = (await readFile(await download.path(), 'utf8')).split('\r\n');
  expect(lines[0]).toBe('\ufeffid,name,assetTag');
  expect(lines.slice(1)).toEqual([expect.stringMatching(/^warehouse,warehouse,/), '']);
});

it('the first screen leads to what it counts', async () => {
  await page.goto(on.stage.serverUrl);
  await page.waitForURL(/\/overview$/);
  await page.getByRole('heading', { name: en.overview.title }).waitFor();
  await page.getByRole('heading', { name: en.overview.now }).waitFor();
  await page.getByRole('navigation').getByRole('link', { name: en.devices.title }).click();
  await devices().first().waitFor();
});

it('the browser complains of nothing', () => expect(browser.complaints).toEqual([]));
