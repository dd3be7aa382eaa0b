import { generateSync } from 'otplib';
import type { Page } from 'playwright-core';
import { ConsoleBrowser, logIn, type Person } from '../support/browser/console-browser';
import { look } from '../support/browser/pictures';
import { LoneServer } from '../support/server/lone-server';

const ADMIN: Person = { username: 'alex', password: 'a password of alex' };
const TECHNICIAN: Person = { username: 'tess', password: 'a password of tess' };

let server: LoneServer;
let browser: ConsoleBrowser;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  server = await LoneServer.start(
    [
      { ...ADMIN, role: 'admin' },
      { ...TECHNICIAN, role: 'technician' },
    ],
    () => ({ PLATEN_SECOND_FACTOR_ROLES: 'admin' }),
  );
});
afterEach(() => browser?.clear());
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const codeNow = (secret: string): string => generateSync({ secret });

/** From the name of the app to the recovery codes. @returns the secret and the codes */
async function setUpApp(page: Page, name: string): Promise<{ secret: string; codes: string[] }> {
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
  const secret = await page.getByRole('textbox', { name: 'Key' }).innerText();
  await look(page, `${name}-code`);
  await page.getByLabel('Code that the app shows now').fill(codeNow(secret));
  await page.getByRole('button', { name: 'Confirm' }).click();
  const list = page.getByRole('list', { name: 'Recovery codes' });
  await list.waitFor();
  await look(page, `${name}-recovery`);
  const codes = await list.getByRole('listitem').allInnerTexts();
  await page.getByRole('checkbox', { name: 'I have stored the recovery codes' }).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  return { secret, codes };
}

it('a user adds an authenticator app, and logs in with a recovery code of it', async () => {
  const page = await browser.window();
  await logIn(page, server.url, TECHNICIAN);
  await page.goto(`${server.url}/security`);
  await page.getByText('No second factor').waitFor();
  await look(page, 'security-empty');
  await page.getByRole('button', { name: 'Add authenticator app' }).click();
  const { codes } = await setUpApp(page, 'add-app');
  await page.getByText('Recovery codes left: 10').waitFor();
  await look(page, 'security');

  const other = await browser.window({ locale: 'ja-JP' });
  await other.goto(`${server.url}/devices`);
  await other.getByLabel('ユーザーID').fill(TECHNICIAN.username);
  await other.getByLabel('パスワード', { exact: true }).fill(TECHNICIAN.password);
  await other.getByRole('button', { name: 'ログイン' }).click();
  const code = other.getByLabel('コード', { exact: true });
  await code.fill('000000');
  await other.getByRole('button', { name: 'ログイン', exact: true }).click();
  await other.getByText('第2要素を確認できません').waitFor();
  await look(other, 'login-factor');
  await other.reload();
  await code.fill(codes[0]!.toLowerCase());
  await other.getByRole('button', { name: 'ログイン', exact: true }).click();
  await other.getByRole('heading', { name: '機器' }).first().waitFor();
  await other.goto(`${server.url}/security`);
  await other.getByText('残りの回復コード：9').waitFor();
  await look(other, 'security-ja');
});

it('an administrator is led to set up the factor that the role requires, and removes that of another user', async () => {
  const page = await browser.window();
  await page.goto(`${server.url}/users`);
  await page.getByLabel('User ID').fill(ADMIN.username);
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('Your role requires a second factor').waitFor();
  await look(page, 'login-set-up');
  const { codes } = await setUpApp(page, 'login-set-up');
  await page.getByRole('heading', { name: 'Users' }).waitFor();
  await page.getByRole('button', { name: 'Logins and second factors of tess' }).click();
  await page.getByText('My phone').waitFor();
  await look(page, 'user-factors');
  await page.getByRole('button', { name: 'Remove second factors' }).click();
  await page.getByRole('dialog').last().getByRole('button', { name: 'Remove second factors' }).click();
  await page.getByText('This user has no second factor.').waitFor();
  await logIn(await browser.window(), server.url, TECHNICIAN);

  // who has lost both asks the person at the server
  const done = await server.command(['remove-factors', ADMIN.username]);
  expect(done).toEqual({ code: 0, printed: 'user alex has no second factor any more' });
  const again = await browser.window();
  await again.goto(`${server.url}/users`);
  await again.getByLabel('User ID').fill(ADMIN.username);
  await again.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await again.getByRole('button', { name: 'Log in' }).click();
  await again.getByText('Your role requires a second factor').waitFor();
  expect(codes).toHaveLength(10);
  expect(browser.complaints).toEqual([]);
});
