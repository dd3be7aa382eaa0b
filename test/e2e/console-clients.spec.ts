import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { TestStage } from '../support/stage/test-stage';

/** The life of an external client: in the console, on the command line, and on the page of the agent. */

const run = promisify(execFile);

let on: TestStage;
let browser: ConsoleBrowser;
let page: Page;
let id: string;
let secret: string;
let command: string;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  on = await TestStage.set();
  page = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.admin);
});
afterAll(async () => {
  await browser?.close();
  await on?.strike();
});

const dialog = () => page.getByRole('dialog');
const line = (name: string | RegExp) => dialog().getByRole('textbox', { name, exact: true });
const go = (path: string) => page.goto(`${on.stage.serverUrl}${path}`);

/** The command as the console shows it. In a terminal it asks for the secret; here the secret is in it. */
async function requestToken(): Promise<{ access_token?: string; error?: string }> {
  const [curl = '', ...args] = command.split(' ');
  const withSecret = args.map((each) => (each === id ? `${id}:${secret}` : each));
  const { stdout } = await run(curl, ['--silent', ...withSecret]);
  return JSON.parse(stdout) as { access_token?: string; error?: string };
}
const call = (token: string, method: string, path: string, body?: object) =>
  fetch(`${on.stage.serverUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });

it('is created with a name and scopes; its secret is shown once', async () => {
  await page.getByRole('link', { name: 'External clients' }).click();
  await page.getByText('No external clients yet').waitFor();
  await page.getByRole('button', { name: 'New external client' }).click();
  await dialog().getByLabel('Name').fill('Invoice archive');
  await dialog().getByRole('button', { name: 'Create' }).click();
  await dialog().getByText('Choose at least one scope.').waitFor();
  for (const scope of ['devices:read', 'sessions:read', 'sessions:write']) await dialog().getByLabel(scope).check();
  await dialog().getByRole('radiogroup', { name: 'Devices' }).getByLabel('Only these').check();
  await dialog().getByLabel('Permitted: Devices').click();
  await page.getByRole('option', { name: /demo-mfp/ }).click();
  await dialog().getByLabel('Name').click(); // closes the list
  await dialog().getByRole('button', { name: 'Create' }).click();
  await dialog().getByText('The secret is shown only once.').waitFor();
  id = await line('Client ID').innerText();
  secret = await line('Secret').innerText();
  command = await line(/^Try it/).innerText();
  expect(command).toBe(`curl --user ${id} --data grant_type=client_credentials ${on.stage.serverUrl}/oauth/token`);
  await dialog().getByRole('button', { name: 'Done' }).click();
  await page.getByRole('heading', { name: 'Invoice archive' }).waitFor();
  await page.getByRole('table', { name: 'Latest audit entries' }).getByText('External client created').waitFor();
  expect(await page.content()).toContain(id);
  expect(await page.content()).not.toContain(secret);
  await page.reload();
  await page.getByText('Devices: Demo MFP (demo-mfp)').waitFor();
  expect(await page.content()).not.toContain(secret);
});

it('is named by the owner of a device on the page of the agent, by the ID that the console shows', async () => {
  const shownId = await page
    .getByRole('region', { name: 'For the owner of a device' })
    .getByRole('textbox')
    .innerText();
  expect(shownId).toBe(id);
  const panel = await browser.window();
  await panel.goto(on.stage.panelUrl);
  await panel.getByRole('button', { name: 'Access conditions' }).click();
  const who = panel.locator('select[name=who]');
  await who.waitFor(); // with several devices, there is a list of them by now
  if ((await panel.locator('select[name=device]').count()) > 0)
    await panel.locator('select[name=device]').selectOption('demo-mfp');
  await who.selectOption({ label: 'Another user or client …' });
  await panel.locator('select[name=kind]').selectOption({ label: 'External client' });
  await panel.locator('input[name=operation][value=list]').check();
  await panel.getByLabel('Client ID').fill(shownId.slice(0, -1));
  await panel.getByRole('button', { name: 'Set condition' }).click();
  await panel.getByText('A client ID looks like').waitFor();
  await panel.getByLabel('Client ID').fill(` ${shownId.toUpperCase()} `);
  await panel.getByRole('button', { name: 'Set condition' }).click();
  await panel.locator('#conditions').getByText(`External client ${id}`).waitFor();
  await go('/devices/demo-mfp');
  const condition = page.getByRole('table', { name: 'Access conditions' }).getByRole('row').nth(1);
  await condition.getByRole('link', { name: 'Invoice archive' }).waitFor();
});

it('gets a token with the command that was shown; its session names it as the requester', async () => {
  const { access_token: token = '' } = await requestToken();
  const devices = (await (await call(token, 'GET', '/api/devices')).json()) as { rows: { id: string }[] };
  expect(devices.rows.map((device) => device.id)).toEqual(['demo-mfp']);
  const wanted = { deviceId: 'demo-mfp', applicationId: 'web', reason: 'Read the counters' };
  const requested = await call(token, 'POST', '/api/sessions', wanted);
  const session = (await requested.json()) as { id: string };
  await on.step('S143', session.id);
  await go('/sessions');
  const row = page.getByRole('row').filter({ hasText: 'Read the counters' });
  await row.getByText('External client', { exact: true }).waitFor();
  await row.getByRole('link', { name: 'Invoice archive' }).click();

  await page.getByRole('button', { name: 'Revoke' }).click();
  await dialog().getByText('Open sessions that end: 1. Open jobs: 0').waitFor();
  await dialog().getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('Revoked', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Revoke' }).waitFor({ state: 'detached' });
  expect((await call(token, 'GET', '/api/devices')).status).toBe(401);
  expect(await requestToken()).toMatchObject({ error: 'invalid_client' });
  await page
    .getByRole('table', { name: 'Latest sessions' })
    .getByText(/revoked|withdrawn/)
    .first()
    .waitFor();
  await page.getByRole('link', { name: 'All entries of this client' }).click();
  const audit = page.getByRole('table', { name: 'Audit trail' });
  await audit.getByText('External client refused').waitFor();
  for (const action of [
    'External client revoked',
    'Session requested',
    'Access token issued',
    'External client created',
  ])
    await audit.getByText(action).first().waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await audit.getByText('Agent enrolled').first().waitFor();
});
