import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { askForAccess, ConsoleBrowser } from '../support/browser/console-browser';
import { removeFolder } from '../support/remove-folder';
import { NotNow } from '../support/samples/deployment-samples';
import { ReleaseMaker } from '../support/deployment/release-maker';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

const { admin, technician } = SAMPLE_USERS;
const maker = new ReleaseMaker();

let on: TestStage;
let browser: ConsoleBrowser;
let keys: string;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  keys = await mkdtemp(join(tmpdir(), 'platen-keys-'));
  const env = {
    PLATEN_RELEASE_PUBLIC_KEY: maker.writePublicKey(join(keys, 'release.pub')),
    // so that a deployment is over soon
    PLATEN_DEPLOY_PROVE_SECONDS: '2',
    PLATEN_HALF_END_SECONDS: '60', // longer than the agent is stopped below
  };
  on = await TestStage.set({ moreDevices: ['copy-room', 'warehouse'], env });
});
afterEach(async () => {
  await browser?.clear();
  await on?.clear();
});
afterAll(async () => {
  await browser?.close();
  await on?.strike();
  if (keys) await removeFolder(keys);
});

const asAdmin = (): Promise<Page> => browser.loggedIn(on.stage.serverUrl, admin);
const asTechnician = (): Promise<Page> => browser.loggedIn(on.stage.serverUrl, technician);
const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });

/** A session whose pages are shown in the console. */
async function openInView(page: Page, reason: string): Promise<string> {
  const id = await askForAccess(page, reason);
  await on.step('S143', id);
  await on.press(`/approvals/${id}`, { decision: 'approved' });
  await page.frameLocator('iframe').getByText('Ready to print').waitFor();
  return id;
}

/** Instructs another number of pairs, up to the page of that deployment. */
async function instructPairs(page: Page, pairs: number): Promise<void> {
  await page.getByRole('link', { name: 'Deployment' }).click();
  await page.getByRole('button', { name: 'New deployment' }).click();
  await page.getByLabel('Relay workers (pairs)').fill(String(pairs));
  await page.getByRole('button', { name: 'Review devices' }).click();
  await page.waitForURL(/\/deployment\/[0-9a-f-]{36}$/);
}
const goneTo = (page: Page, state: string): Promise<void> =>
  page.locator('.page-head').getByText(state, { exact: true }).waitFor();

describe('a deployment', () => {
  it('is followed from the device list to its history and rolled back; users of halted sessions are notified and continue', async () => {
    const view = await asTechnician();
    await openInView(view, 'Streaks on every page');
    for (const device of ['copy-room', 'warehouse']) await on.connect(device);
    const waiting = await view.context().newPage();
    await waiting.goto(`${on.stage.serverUrl}/devices/ippeveprinter`);
    await waiting.getByRole('button', { name: 'Open Web pages' }).click();
    await waiting.getByLabel('Reason').fill('Counters of the month');

    const watching = await asAdmin();
    await watching.getByRole('link', { name: 'Deployment' }).click();
    await watching.getByText('No deployments yet').waitFor();
    const page = await asAdmin();
    await instructPairs(page, 2);
    await goneTo(page, 'Waiting for a decision');
    for (const device of ['Demo MFP', 'copy-room', 'warehouse'])
      await row(page, device).getByText('In session', { exact: true }).waitFor();
    await row(watching, '1 → 2 pairs').getByText('Waiting for a decision').waitFor();
    const agent = on.stage.programs.agent.child;
    agent.kill('SIGSTOP'); // so that the sessions, and with them the deployment, last until the request has been refused
    try {
      await page.getByRole('button', { name: 'Execute' }).click();
      await page.getByRole('list', { name: 'Progress' }).getByText('Testing the new relay').waitFor();
      await waiting.getByRole('button', { name: 'Request access' }).click();
      await waiting.getByText('A new relay is being deployed').waitFor();
      await waiting.getByText(/^Next attempt in 0:\d\d$/).waitFor();
    } finally {
      agent.kill('SIGCONT');
    }

    await view.getByRole('heading', { name: 'The session was interrupted' }).waitFor();
    await view.getByText('To continue, request access again').waitFor();
    await view.getByText('Your session with Demo MFP was interrupted').waitFor();

    await goneTo(page, 'Deployed');
    await row(watching, '1 → 2 pairs').getByText('Deployed', { exact: true }).waitFor();
    for (const device of ['Demo MFP', 'copy-room', 'warehouse'])
      await row(page, device).getByText('Ended cleanly').waitFor();
    await waiting.waitForURL(/\/sessions\/[0-9a-f-]{36}\/view$/);
    await waiting.getByText('must press YES').waitFor();
    await waiting.getByRole('button', { name: 'Cancel request' }).click();

    await page.getByRole('link', { name: 'Deployment' }).click();
    await row(page, 'Accepts new sessions').getByRole('cell', { name: '2', exact: true }).waitFor();
    const entry = row(page, '1 → 2 pairs');
    await entry.getByText('Alex Admin').waitFor();
    await entry.getByText('Deployed', { exact: true }).waitFor();
    await entry.getByRole('button', { name: 'Roll back' }).click();
    // the live event that it cannot be rolled back any more comes before the answer
    await page.route('**/roll-back', async (route) => {
      const response = await route.fetch();
      await page.locator('td button', { hasText: 'Roll back' }).waitFor({ state: 'detached' });
      await route.fulfill({ response });
    });
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await page.getByRole('heading', { name: '2 → 1 pair' }).waitFor();
    await goneTo(page, 'Deployed');
    await page.getByText('No sessions were open, and none were interrupted.').waitFor();
    await page.getByRole('link', { name: 'Deployment' }).click();
    await row(page, 'Accepts new sessions').getByRole('cell', { name: '1', exact: true }).waitFor();
  }, 240_000);

  it('that is aborted changes nothing', async () => {
    const { id } = await on.connect('copy-room');
    const page = await asAdmin();
    await instructPairs(page, 3);
    await row(page, 'copy-room').getByText('In session', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'When idle' }).click();
    await goneTo(page, 'Waiting until idle');
    await page.getByRole('button', { name: 'Schedule …' }).click();
    await page.getByRole('textbox', { name: 'Time' }).fill('2020-01-01T12:00');
    await page.getByRole('button', { name: 'Schedule', exact: true }).click();
    await page.getByText('Choose a time in the future.').waitFor();
    await page.getByRole('textbox', { name: 'Time' }).fill('2090-01-01T12:00');
    await page.getByRole('button', { name: 'Schedule', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Abort' }).click();
    await goneTo(page, 'Aborted');
    await page.getByText('An administrator aborted the deployment.').waitFor();
    expect(await on.session(id)).toMatchObject({ state: 'established' });
    await page.getByRole('link', { name: 'Deployment' }).click();
    await row(page, '1 → 3 pairs').getByText('Aborted', { exact: true }).waitFor();
  });

  it('has to change something', async () => {
    const page = await asAdmin();
    await page.getByRole('link', { name: 'Deployment' }).click();
    await page.getByRole('button', { name: 'New deployment' }).click();
    await page.getByRole('button', { name: 'Review devices' }).click();
    await page.getByText('Choose another release or another number of pairs.').waitFor();
  });
});

describe('a notice', () => {
  it('waits for the next login, is shown until it is read, and stays in the list', async () => {
    const page = await asTechnician();
    await page.getByRole('link', { name: /^Notices: \d unread$/ }).waitFor();
    const card = page.getByRole('region', { name: 'New notices' }).getByRole('article');
    await card.filter({ hasText: 'Your session with Demo MFP was interrupted' }).waitFor();
    await page.reload();
    await card.first().getByRole('button', { name: 'Mark as read' }).click();
    await page.getByRole('link', { name: 'Notices: 2 unread' }).first().click();
    await page.getByRole('button', { name: 'Mark all as read' }).click();
    await page.getByText('No unread notices').waitFor();
    await page.getByText('All', { exact: true }).click();
    await page.getByText('Your session with warehouse was interrupted').waitFor();
    await page.getByRole('link', { name: 'Session details' }).first().click();
    await page.getByText('The session was interrupted to deploy the relay.').first().waitFor();
    expect(await card.count()).toBe(0);
  });
});

describe('a request during a deployment', () => {
  const paused = (page: Page) => page.getByText(/^Next attempt in/);
  let attempts = 0;
  // no deployment can be made to take so long
  const refused = (page: Page): Promise<unknown> =>
    page.route('**/api/sessions', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      attempts += 1;
      await paused(page).waitFor({ state: 'hidden' });
      return route.fulfill({ status: 503, json: new NotNow().toProblem() });
    });
  async function ask(): Promise<Page> {
    const page = await asTechnician();
    await page.clock.install();
    await page.goto(`${on.stage.serverUrl}/devices/demo-mfp`);
    await refused(page);
    await page.getByRole('button', { name: 'Open Web pages' }).click();
    await page.getByLabel('Reason').fill('Counters of the month');
    await page.getByRole('button', { name: 'Request access' }).click();
    await page.getByText(/^Next attempt in 0:2\d$/).waitFor();
    return page;
  }

  it('that waited too long says so', async () => {
    const page = await ask();
    const over = page.getByText('New sessions are still not accepted');
    // time passes only between two attempts, because the page gives up a request that takes minutes
    while (await paused(page).isVisible()) {
      const before = attempts;
      await page.clock.fastForward('04:00');
      await until('the next attempt', () => attempts > before);
      await paused(page).or(over).first().waitFor();
    }
    await over.waitFor();
    await page.getByRole('button', { name: 'Request access' }).waitFor();
  });

  it('can be stopped; what was filled in stays', async () => {
    const page = await ask();
    await page.getByRole('button', { name: 'Stop waiting' }).click();
    expect(await page.getByLabel('Reason').inputValue()).toBe('Counters of the month');
  });
});

describe('a release', () => {
  it('is added in the console, deployed, found to be broken, and removed', async () => {
    const page = await asAdmin();
    await page.getByRole('link', { name: 'Deployment' }).click();
    const releases = page.getByRole('region', { name: 'Releases' });
    const script = `process.stderr.write('broken on purpose\\n'); process.exit(3);\n`;
    await releases.locator('input[type=file]').setInputFiles(fileOf(maker.make('9.8.7', script)));
    await releases.getByText('Release 9.8.7 has been stored.').waitFor();

    await page.getByRole('button', { name: 'New deployment' }).click();
    await page.getByRole('combobox', { name: 'Release' }).click();
    await page.getByRole('option', { name: '9.8.7' }).click();
    await page.getByRole('radio', { name: 'Now' }).click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.getByRole('heading', { name: '→ 9.8.7' }).waitFor();
    await goneTo(page, 'Rolled back');
    await page.getByText('The new relay exited immediately.').waitFor();
    await page.getByRole('region', { name: 'Output' }).getByText('broken on purpose').waitFor();

    await page.getByRole('link', { name: 'Deployment' }).click();
    await row(page, '→ 9.8.7').getByText('Rolled back').waitFor();
    await releases.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await releases.getByText('9.8.7').waitFor({ state: 'detached' });
  });

  it('that another key has signed is refused with a reason', async () => {
    const page = await asAdmin();
    await page.getByRole('link', { name: 'Deployment' }).click();
    const releases = page.getByRole('region', { name: 'Releases' });
    await releases.locator('input[type=file]').setInputFiles(fileOf(new ReleaseMaker().make('9.8.6')));
    await releases.getByRole('alert').getByText('The release was refused').waitFor();
  });

  const fileOf = (buffer: Buffer) => ({ name: 'relay.release', mimeType: '', buffer });
});

describe("a user's administrator", () => {
  it('is chosen among the other administrators', async () => {
    const page = await asAdmin();
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('button', { name: 'Edit Tina Technician' }).click();
    await page.getByRole('combobox', { name: 'Administrator of this user' }).click();
    await page.getByRole('option', { name: 'Alex Admin (admin)' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('button', { name: 'Edit Tina Technician' }).click();
    const chosen = page.getByRole('combobox', { name: 'Administrator of this user' });
    await until('the chosen administrator', async () => (await chosen.inputValue()) === 'Alex Admin (admin)');
  });
});

it('the browser logs no errors', () => {
  expect(browser.complaints).toEqual([]);
});
