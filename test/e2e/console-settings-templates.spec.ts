import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { en } from '../../src/console/messages/en';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { TestStage } from '../support/stage/test-stage';

const t = en.templates;
const { names } = en.settings;

/** From an empty list of templates to a fleet that has their values, against the real programs and the simulated MFP. */
let on: TestStage;
let browser: ConsoleBrowser;
let page: Page;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  on = await TestStage.set();
});
beforeEach(async () => {
  page = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.admin);
});
afterEach(() => browser?.clear());
afterAll(async () => {
  await browser?.close();
  await on?.strike();
});

const addSetting = async (name: string, value: string): Promise<void> => {
  await page.getByRole('combobox', { name: t.editor.add }).click();
  await page.getByRole('option', { name, exact: true }).click();
  await page.getByRole('textbox', { name, exact: true }).fill(value);
};
const row = () => page.getByRole('table', { name: t.devices }).getByRole('row').filter({ hasText: 'Demo MFP' });

it('a template is created, its drift is seen, it is applied to the fleet, and there is no drift', async () => {
  await page.getByRole('navigation').getByRole('link', { name: t.title }).click();
  await page.getByText(t.emptyAdminHint).waitFor();
  await page.getByRole('link', { name: t.new }).click();
  await page.getByRole('searchbox').fill('demo-mfp');
  await page.getByText(en.campaigns.create.fits('1')).waitFor();
  await page.getByRole('button', { name: en.actions.save }).click();
  await page.getByText(t.editor.none).waitFor();
  await page.getByRole('textbox', { name: t.name }).fill('Halls');
  await addSetting(names['sleep-minutes'], '500');
  await addSetting(names.location, 'Hall 7');
  await page.getByRole('button', { name: en.actions.save }).click();
  await page.getByText('must be a whole number from 1 to 240').first().waitFor();
  await page.getByRole('textbox', { name: names['sleep-minutes'] }).fill('17');
  await page.getByRole('button', { name: en.actions.save }).click();

  await page.getByRole('heading', { name: 'Halls' }).waitFor();
  await row().getByText(t.states.unknown).waitFor();
  await row().getByText(t.never).waitFor();
  await page.getByRole('button', { name: t.readAgain }).click();
  await page.getByText(t.readingStarted(1, 0)).waitFor();
  await row().getByText(t.states.differs).waitFor();
  await row().getByText('should be “Hall 7”').waitFor();
  await row().getByText('should be “17”').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: t.exportCsv }).click(),
  ]);
  const lines = (await readFile(await download.path(), 'utf8')).split('\r\n');
  expect(lines.filter((line) => line.startsWith('demo-mfp,')).map((line) => line.split(',').at(-1))).toEqual(
    expect.arrayContaining(['Hall 7', '17']),
  );

  await page.getByRole('link', { name: t.apply }).click();
  await page.getByText(en.campaigns.create.fits('1')).waitFor();
  expect(await page.getByRole('checkbox', { name: en.campaigns.create.onlyDiffering }).isChecked()).toBe(true);
  await page.getByRole('button', { name: en.campaigns.create.submit }).click();
  await page.getByText(en.campaigns.states.completed).waitFor();
  await page.getByRole('link', { name: 'Halls' }).click();
  await row().getByText(t.states.same).waitFor();
  expect(await row().getByText(t.states.differs).count()).toBe(0);
  await row().getByRole('link', { name: 'Demo MFP' }).click();
  const panel = page.getByRole('table', { name: t.ofDevice });
  await panel.getByRole('row').filter({ hasText: 'Halls' }).getByText(t.states.same).waitFor();
});

it('a template is edited', async () => {
  await page.goto(`${on.stage.serverUrl}/settings-templates`);
  await page.getByRole('link', { name: 'Halls' }).click();
  await page.getByRole('link', { name: t.edit }).click();
  await page.getByRole('textbox', { name: names.location, exact: true }).fill('Hall 8');
  expect(await page.getByRole('searchbox').inputValue()).toBe('demo-mfp');
  await page.getByRole('button', { name: t.editor.removeSetting(names['sleep-minutes']) }).click();
  await page.getByRole('button', { name: en.actions.save }).click();
  await row().getByText('is “Hall 7”, should be “Hall 8”').waitFor();
});

it('a technician changes no template, and an administrator removes one', async () => {
  const technician = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.technician);
  await technician.goto(`${on.stage.serverUrl}/settings-templates`);
  await technician.getByRole('link', { name: 'Halls' }).click();
  await technician.getByRole('link', { name: t.apply }).waitFor();
  expect(await technician.getByRole('link', { name: t.edit }).count()).toBe(0);
  await page.goto(technician.url());
  await page.getByRole('button', { name: t.remove }).click();
  await page.getByRole('dialog').getByRole('button', { name: t.remove }).click();
  await page.getByText(t.emptyAdminHint).waitFor();
});

it('the browser complains of nothing', () => expect(browser.complaints).toEqual([]));
