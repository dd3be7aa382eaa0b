import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameLocator, Page } from 'playwright-core';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { ADMINISTRATOR } from '../../src/mfp/machine/identity';
import { memory, type Memory } from '../../src/mfp/machine/memory';
import { sha256Hex } from '../../src/tunnel/sha256';
import { findings } from '../support/browser/axe';
import { askForAccess, ConsoleBrowser, logIn } from '../support/browser/console-browser';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

const FIRMWARE = randomBytes(2 * 1024 * 1024 + 17);

let on: TestStage;
let browser: ConsoleBrowser;
/** The technician's. */
let page: Page;
/** At the device. */
let panel: Page;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  on = await TestStage.set();
  page = await browser.window();
  panel = await browser.window();
  await panel.goto(on.stage.panelUrl);
});
afterAll(async () => {
  await browser?.close();
  await on?.strike();
});

const frame = (): FrameLocator => page.frameLocator('iframe');
const answer = (name: 'YES' | 'NO') => panel.getByRole('button', { name: new RegExp(`^${name}\\b`) }).click();
const looksGood = async (of = page) =>
  expect({ url: of.url(), findings: await findings(of) }).toMatchObject({ findings: [] });
/** What the device itself remembers, and not what its pages show through the session. */
const atTheDevice = async (): Promise<Memory | undefined> => {
  const text = await readFile(join(on.folder, 'mfp', 'mfp.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : memory.parse(JSON.parse(text));
};
const endHere = async (id: string) => {
  await page.getByRole('button', { name: 'End session' }).click();
  await page.getByText('The technician ended the session.').waitFor();
  return on.ended(id);
};

describe("a technician's day, in the browser alone", () => {
  let id: string;

  it('begins with the login and the device', async () => {
    await page.goto(on.stage.serverUrl);
    await page.getByLabel('User ID').waitFor();
    await looksGood();
    await logIn(page, on.stage.serverUrl, SAMPLE_USERS.technician);
    await page.getByRole('link', { name: 'Demo MFP' }).waitFor();
    await looksGood();
  });

  it('has the person at the device say YES, on the screen there', async () => {
    id = await askForAccess(page, 'New contact, new firmware');
    await page.getByText('must press YES').waitFor();
    await looksGood();
    await panel.getByText('New contact, new firmware').waitFor();
    await looksGood(panel);
    await answer('YES');
    await frame().getByText('Ready to print').waitFor();
    await panel.locator('.banner', { hasText: 'Tina Technician has control' }).waitFor();
    await looksGood();
  });

  it("goes through the printer's pages", async () => {
    for (const name of ['Counters', 'Supplies', 'Job log', 'Address book']) {
      await frame().getByRole('navigation').getByRole('link', { name }).click();
      await frame().getByRole('heading', { level: 1, name }).waitFor();
    }
    expect(await page.locator('iframe').count()).toBe(1);
    expect(page.url()).toContain(`/sessions/${id}/view`);
  });

  it('fills in a form there, which the device keeps', async () => {
    await frame().getByRole('main').getByRole('link', { name: 'Log in' }).click();
    await frame().getByLabel('Password').fill(ADMINISTRATOR.password);
    await frame().getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await frame().getByLabel('Name', { exact: true }).fill('Käthe 印刷 Müller');
    await frame().getByLabel('E-mail').fill('no address');
    await frame().getByRole('button', { name: 'Add' }).click();
    await frame().getByText('must look like name@example.com').waitFor();
    await frame().getByLabel('E-mail').fill('kaethe@example.com');
    await frame().getByRole('button', { name: 'Add' }).click();
    await frame().getByText('The entry has been added.').waitFor();
    const { addresses } = await until('the entry at the device', async () => {
      const kept = await atTheDevice();
      return kept?.addresses.some(({ email }) => email === 'kaethe@example.com') && kept;
    });
    expect(addresses.at(-1)).toMatchObject({ name: 'Käthe 印刷 Müller', email: 'kaethe@example.com', fax: '' });
  });

  it('uploads a file there, of which every byte arrives', async () => {
    await frame().getByRole('navigation').getByRole('link', { name: 'Firmware' }).click();
    const file = { name: 'story.bin', mimeType: 'application/octet-stream', buffer: FIRMWARE };
    await frame().getByLabel('Firmware file').setInputFiles(file);
    await frame().getByRole('button', { name: 'Upload' }).click();
    await frame().getByText('The firmware file has been received.').waitFor();
    const sha256 = sha256Hex(FIRMWARE);
    const kept = await until('the file at the device', async () => (await atTheDevice())?.firmwareUpload);
    expect(kept).toMatchObject({ fileName: 'story.bin', bytes: FIRMWARE.length, sha256 });
    await frame().getByText(sha256).waitFor();
  });

  it('ends the session, and reads in its record what it was', async () => {
    const ended = await endHere(id);
    await looksGood();
    expect(ended).toMatchObject({ ending: 'ended-by-terminal', grant: 'operate' });
    expect(ended.bytesFromTerminal).toBeGreaterThan(FIRMWARE.length);
    expect(await page.locator('iframe').count()).toBe(0);
    await panel.locator('tbody tr', { hasText: 'Ended by the technician' }).waitFor();
    await page.getByRole('link', { name: 'Session details' }).click();
    await page.getByRole('heading', { name: 'New contact, new firmware' }).waitFor();
    await looksGood();
  });

  it('makes copies at the operation panel', async () => {
    id = await askForPanel('Three copies for a test');
    await answer('YES');
    await frame().getByRole('button', { name: 'Copy' }).click();
    await frame().locator('#keys [data-key="3"]').click();
    await frame().locator('#keys [data-key="start"]').click();
    await frame().getByText('3 copies are being printed.').waitFor();
    await until('the job at the device', async () => (await atTheDevice())?.jobs.some(({ pages }) => pages === 3));
    await looksGood();
    expect(await endHere(id)).toMatchObject({ ending: 'ended-by-terminal' });
  });

  it('takes NO for an answer', async () => {
    id = await askForPanel('Not welcome');
    await answer('NO');
    await page.getByRole('heading', { name: 'The session was not started' }).waitFor();
    await page.getByText('The person at the device pressed NO.').waitFor();
    await looksGood();
    expect(await on.ended(id)).toMatchObject({ ending: 'declined', approvedAt: null });
  });

  it('has broken no rule of any page', () => expect(browser.complaints).toEqual([]));
});

async function askForPanel(reason: string): Promise<string> {
  await page.goto(`${on.stage.serverUrl}/devices/demo-mfp`);
  await page.getByRole('button', { name: 'Open Operation panel' }).click();
  await page.getByLabel('Reason').fill(reason);
  await looksGood();
  await page.getByRole('button', { name: 'Request access' }).click();
  await page.waitForURL(/\/sessions\/[0-9a-f-]{36}\/view$/);
  return page.url().split('/').at(-2)!;
}
