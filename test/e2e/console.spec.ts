import type { Page } from 'playwright-core';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { askForAccess, ConsoleBrowser, logIn } from '../support/browser/console-browser';
import { TestStage } from '../support/stage/test-stage';

const { admin, technician } = SAMPLE_USERS;

let on: TestStage;
let browser: ConsoleBrowser;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  on = await TestStage.set();
});
afterEach(async () => {
  await browser?.clear();
  await on?.endSessions();
});
afterAll(async () => {
  await browser?.close();
  await on?.strike();
});

const asTechnician = (): Promise<Page> => browser.loggedIn(on.stage.serverUrl, technician);
const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });

describe('a login', () => {
  it('is refused with a reason, works with the keyboard alone, and ends', async () => {
    const page = await browser.window();
    await page.goto(`${on.stage.serverUrl}/sessions?state=ended`);
    await page.locator('input[name=username]:focus').waitFor();
    await page.keyboard.type(technician.username);
    await page.keyboard.press('Tab');
    await page.keyboard.type('not the password');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('User ID or password is wrong.').waitFor();

    await page.getByLabel('Password', { exact: true }).focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type(technician.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    expect(page.url()).toContain('/sessions?state=ended');

    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    expect(await page.evaluate(async () => (await fetch('/api/auth/me')).status)).toBe(401);
  });
});

describe('the device list', () => {
  it('shows, filters and finds devices', async () => {
    const page = await asTechnician();
    await row(page, 'Demo MFP').getByText('Online').waitFor();
    await page.getByRole('searchbox').fill('building mfp');
    await page.getByText(/^1 of \d+ devices$/).waitFor();
    await page.getByRole('searchbox').fill('no such device');
    await page.getByText('No devices match').waitFor();
    await page.getByRole('button', { name: 'Show all devices' }).click();
    await page.getByText('Offline', { exact: true }).first().click();
    await page.getByText('No devices match').waitFor();
  });
});

describe('opening a device', () => {
  it('shows the progress up to YES, then its pages, and at the end the reason', async () => {
    const page = await asTechnician();
    const watching = await asTechnician();
    await watching.getByRole('link', { name: 'Sessions' }).click();
    await watching.getByText('No open sessions').waitFor();

    const id = await askForAccess(page, 'Streaks on every page');
    await page.getByText(/^\d:\d\d left to answer$/).waitFor();
    await row(watching, 'Streaks on every page').getByText('Waiting for approval').waitFor();

    const panel = await browser.window();
    await panel.goto(on.stage.panelUrl);
    await panel.getByText('Streaks on every page').waitFor();
    await panel.getByRole('button', { name: /^YES/ }).click();

    const frame = page.frameLocator('iframe');
    await frame.getByText('Ready to print').waitFor();
    await page.getByText('Time left').waitFor();
    await row(watching, 'Streaks on every page').getByText('Running').waitFor();
    expect(await page.locator('iframe').getAttribute('sandbox')).not.toContain('top-navigation');

    const [tab] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('button', { name: 'Open in new tab' }).click(),
    ]);
    await tab.getByText('Ready to print').waitFor();
    await tab.close();

    await page.getByRole('button', { name: 'End session' }).click();
    await page.getByText('The technician ended the session.').waitFor();
    await watching.getByText('No open sessions').waitFor();
    expect(await on.ended(id)).toMatchObject({ ending: 'ended-by-terminal' });

    await page.getByRole('button', { name: 'Request again' }).click();
    expect(await page.getByLabel('Reason').inputValue()).toBe('Streaks on every page');
  });

  it('shows that the person at the device has ended it', async () => {
    const page = await asTechnician();
    const id = await askForAccess(page, 'Ended at the device');
    await on.step('S143', id);
    await on.press(`/approvals/${id}`, { decision: 'approved' });
    await page.frameLocator('iframe').getByText('Ready to print').waitFor();
    await on.press(`/sessions/${id}/end`, {});
    await page.getByText('The session was ended at the device.').waitFor();
  });

  it("shows the device's own panel", async () => {
    const page = await asTechnician();
    await page.getByRole('link', { name: 'Demo MFP' }).click();
    await page.getByRole('button', { name: 'Open Operation panel' }).click();
    await page.getByLabel('Reason').fill('Looking at the panel');
    await page.getByRole('button', { name: 'Request access' }).click();
    await page.waitForURL(/\/view$/);
    const id = page.url().split('/').at(-2)!;
    await on.step('S143', id);
    await on.press(`/approvals/${id}`, { decision: 'approved' });
    const panel = page.frameLocator('iframe');
    await panel.getByRole('button', { name: 'Job list' }).click();
    await panel.getByRole('heading', { name: 'Job list' }).waitFor();
  });

  it('ends when the person at the device presses NO', async () => {
    const page = await asTechnician();
    const id = await askForAccess(page, 'Refused');
    await on.step('S143', id);
    const panel = await browser.window();
    await panel.goto(on.stage.panelUrl);
    await panel.getByRole('button', { name: /^NO\b/ }).click();
    await page.getByRole('heading', { name: 'The session was not started' }).waitFor();
    await page.getByText('The person at the device pressed NO.').waitFor();
  });

  it('can be cancelled, which the history shows', async () => {
    const page = await asTechnician();
    const id = await askForAccess(page, 'Cancelled again');
    await on.step('S143', id); // so that S142 is in the history
    await page.getByRole('button', { name: 'Cancel request' }).click();
    await page.getByText('The request was cancelled.').waitFor();
    await page.getByRole('link', { name: 'Session details' }).click();
    await page.getByRole('heading', { name: 'Cancelled again' }).waitFor();
    const timeline = page.getByRole('list', { name: 'Timeline' });
    await timeline.getByText('S141').waitFor();
    await timeline.getByText('S142').waitFor();
    await timeline.getByText('control plane asks the device for approval over XMPP').waitFor();
    expect(await on.ended(id)).toMatchObject({ ending: 'cancelled' });
  });

  it('requires a reason, and links to the open session that prevents it', async () => {
    const page = await asTechnician();
    await page.getByRole('link', { name: 'Demo MFP' }).click();
    await page.getByRole('button', { name: 'Open Web pages' }).click();
    await page.getByRole('button', { name: 'Request access' }).click();
    await page.getByText('Enter the reason for the session.').waitFor();
    await page.getByLabel('Reason').fill('First');
    await page.getByRole('button', { name: 'Request access' }).click();
    await page.getByText('must press YES').waitFor();

    await page.goto(`${on.stage.serverUrl}/devices/demo-mfp`);
    await page.getByRole('button', { name: 'Open Web pages' }).click();
    await page.getByLabel('Reason').fill('Second');
    await page.getByRole('button', { name: 'Request access' }).click();
    await page.getByRole('alert').getByText('A session with this device is still open').waitFor();
    await page.getByRole('link', { name: 'Show the open session' }).click();
    await page.getByRole('main').getByText('First', { exact: true }).waitFor();
    await page.getByText('must press YES').waitFor();
  });

  it("shows an administrator others' sessions, but not their pages", async () => {
    const page = await asTechnician();
    const id = await askForAccess(page, 'Only for Tina');
    const boss = await browser.loggedIn(on.stage.serverUrl, admin);
    await boss.goto(`${on.stage.serverUrl}/sessions/${id}/view`);
    await boss.getByText(`Only ${technician.displayName} can see`).waitFor();
    await boss.goto(`${on.stage.serverUrl}/sessions/${id}`);
    await boss.getByRole('button', { name: 'End session' }).click();
    await boss.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
    await page.getByText('An administrator ended the session.').waitFor();
  });
});

describe('an administrator', () => {
  it('makes, changes and deactivates users', async () => {
    const page = await browser.loggedIn(on.stage.serverUrl, admin);
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('button', { name: 'New user' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('User ID').fill('nora');
    await dialog.getByLabel('Name').fill('Nora New');
    await dialog.getByLabel(/^Password/).fill('short');
    await dialog.getByRole('button', { name: 'New user' }).click();
    await dialog.getByText('a password needs at least 10 characters').first().waitFor();
    await dialog.getByLabel(/^Password/).fill('long enough for nora');
    await dialog.getByRole('button', { name: 'New user' }).click();
    await row(page, 'Nora New').getByText('Technician').waitFor();

    const nora = await browser.window();
    await logIn(nora, on.stage.serverUrl, { username: 'nora', password: 'long enough for nora' });
    await nora.getByRole('heading', { name: 'Devices' }).waitFor();
    expect(await nora.getByRole('link', { name: 'Users' }).count()).toBe(0);

    await page.getByRole('button', { name: 'Edit Nora New' }).click();
    await dialog.getByRole('combobox', { name: 'Role' }).click();
    await page.getByRole('option', { name: 'Administrator' }).click();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await row(page, 'Nora New').getByText('Administrator').waitFor();

    await page.getByRole('button', { name: 'Edit Nora New' }).click();
    await dialog.getByRole('button', { name: 'Deactivate' }).click();
    await page
      .getByRole('dialog', { name: /^Deactivate/ })
      .getByRole('button', { name: 'Deactivate' })
      .click();
    await row(page, 'Nora New').getByText('Deactivated').waitFor();
    await nora.getByText('Your login has ended.').waitFor();

    await page.getByRole('link', { name: 'Audit trail' }).click();
    await row(page, 'User created').getByText('nora').waitFor();
  });

  it('enrols an agent with the command that is shown once', async () => {
    const page = await browser.loggedIn(on.stage.serverUrl, admin);
    await page.getByRole('link', { name: 'Agents' }).click();
    await row(page, 'demo-agent').getByText('Online').waitFor();
    await page.getByRole('button', { name: 'Enrol an agent' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Agent ID').fill('Not an ID');
    await dialog.getByRole('button', { name: 'Create enrolment code' }).click();
    await dialog.getByText('agent ID must be 1 to 64').first().waitFor();
    await dialog.getByLabel('Agent ID').fill('warehouse');
    await dialog.getByRole('button', { name: 'Create enrolment code' }).click();
    await dialog.getByText('choose a site').first().waitFor();
    await dialog.getByLabel('Customer').fill('Warehouse Ltd');
    await dialog.getByLabel('Site').fill('Yard');
    await dialog.getByRole('button', { name: 'Create enrolment code' }).click();
    await dialog.getByText('name the device IDs').first().waitFor();
    await dialog.getByLabel('Device IDs').fill('yard-*, gate');
    await dialog.getByRole('button', { name: 'Create enrolment code' }).click();
    const command = await dialog.getByRole('textbox', { name: 'Paste this line' }).textContent();
    const [before, after] = command!.split(/[\w-]{43}\.[\w-]{43}/);
    expect([before, after]).toEqual([' echo ', ` | sudo platen-agent enrol - --server ${on.stage.serverUrl}`]);
    await page.keyboard.press('Escape');
    const open = page.getByRole('table', { name: 'Open enrolment codes' });
    await open.getByText('warehouse', { exact: true }).waitFor();
    await open.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await open.waitFor({ state: 'detached' });
  });
});

describe('a user', () => {
  it('makes an API token that is shown once, and revokes it', async () => {
    const page = await asTechnician();
    await page.getByRole('link', { name: 'API tokens' }).click();
    await page.getByRole('button', { name: 'New token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('nightly script');
    await dialog.getByRole('button', { name: 'New token' }).click();
    const token = await dialog.getByRole('textbox', { name: 'Token' }).innerText();
    const as = () => fetch(`${on.stage.serverUrl}/api/auth/me`, { headers: { authorization: `Bearer ${token}` } });
    expect((await as()).status).toBe(200);
    await page.keyboard.press('Escape');
    await row(page, 'nightly script').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await row(page, 'nightly script').waitFor({ state: 'detached' });
    expect((await as()).status).toBe(401);
  });

  it('reads the console in Japanese, here and wherever they log in', async () => {
    const page = await asTechnician();
    await page.getByRole('button', { name: 'Language' }).click();
    await page.getByRole('menuitem', { name: '日本語' }).click();
    await page.getByRole('heading', { name: '機器', exact: true }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('ja');
    const elsewhere = await browser.window();
    await logIn(elsewhere, on.stage.serverUrl, technician);
    await elsewhere.getByRole('heading', { name: '機器', exact: true }).waitFor();
    await elsewhere.getByRole('link', { name: 'プロフィール' }).click();
    await elsewhere.getByRole('combobox', { name: '言語' }).click();
    await elsewhere.getByRole('option', { name: 'ブラウザーの設定に合わせる' }).click();
    await elsewhere.getByRole('button', { name: '保存' }).click();
    await elsewhere.getByRole('heading', { name: 'Profile' }).waitFor();
  });
});

describe('live events', () => {
  it('continue automatically after the agent and the server were away', async () => {
    const page = await asTechnician();
    await row(page, 'Demo MFP').getByText('Online').waitFor();
    await on.stage.programs.agent.stop();
    await row(page, 'Demo MFP').getByText('Offline').waitFor();
    await on.restart('agent');
    await row(page, 'Demo MFP').getByText('Online').waitFor();

    await on.stage.programs.server.stop();
    await page.getByText('Reconnecting').waitFor();
    await on.restart('server');
    await page.getByText('Reconnecting').waitFor({ state: 'hidden' });
    await row(page, 'Demo MFP').getByText('Online').waitFor();
  });
});

it('the browser logs no violations of the Content-Security-Policy and no other errors', () => {
  expect(browser.complaints.filter((each) => !/WebSocket connection to|ERR_CONNECTION_REFUSED/.test(each))).toEqual([]);
});
