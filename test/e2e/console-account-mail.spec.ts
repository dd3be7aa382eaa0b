import { join } from 'node:path';
import { generateSync } from 'otplib';
import type { Page } from 'playwright-core';
import { en } from '../../src/console/messages/en';
import { Program } from '../../src/demo/programs';
import { ConsoleBrowser, logIn, type Person } from '../support/browser/console-browser';
import { look } from '../support/browser/pictures';
import { LoneServer } from '../support/server/lone-server';
import { MailServer } from '../support/server/mail-server';
import { CLI } from '../support/stage/test-stage';
import { until } from '../support/until';

const t = en.security;
const TESS: Person = { username: 'tess', password: 'a password of tess' };
const NEXT_PASSWORD = 'another password of tess';
const ADDRESS = 'tess@vendor.example';
const NEW_PLACE = 'Login from another browser than before';

/** A user at two browsers and a command line, the built server, and a real SMTP server. */
let mail: MailServer;
let server: LoneServer;
let browser: ConsoleBrowser;
let first: Page;
let second: Page;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  mail = await MailServer.start();
  server = await LoneServer.start([{ ...TESS, role: 'technician' }], () => ({
    PLATEN_SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
    PLATEN_MAIL_FROM: 'platen@vendor.example',
  }));
  [first, second] = [await browser.window(), await browser.window()];
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await mail?.close();
});

/** The text of the next mail, which is about this. */
async function mailed(number: number, about: string): Promise<string> {
  const received = await until(`mail ${number}`, () => mail.mails[number - 1]);
  expect(received).toMatchObject({ to: [ADDRESS], from: 'platen@vendor.example' });
  expect(received.headers.subject).toBe(`Your Platen account tess: ${about}`);
  return received.text;
}
const events = (page: Page, action: string) =>
  page.getByRole('table', { name: t.events }).getByRole('row').filter({ hasText: en.audit.actions[action] });

/** `platen login`, each time by a process of its own. */
async function logInAtCommandLine(): Promise<number | string> {
  const args = ['login', server.url, '--user', TESS.username, '--password-stdin'];
  const env = { PLATEN_CREDENTIALS: join(server.folder, 'credentials.json'), PLATEN_LOG_LEVEL: 'silent' };
  return Program.start('terminal', [process.execPath, CLI, ...args], { env, input: `${TESS.password}\n` }).exited;
}

it('a login from another browser is mailed, one from the same is not', async () => {
  await logIn(first, server.url, TESS);
  await first.goto(`${server.url}/profile`);
  await first.getByLabel(en.profile.email).fill(ADDRESS);
  await first.getByRole('button', { name: en.actions.save }).click();
  await first.getByText(en.profile.saved).waitFor();
  await logIn(second, server.url, TESS);
  expect(await mailed(1, NEW_PLACE)).toMatch(/Chrome, Linux, from (::1|127\.0\.0\.1)/);
  await second.context().clearCookies({ name: 'platen.sid' });
  await logIn(second, server.url, TESS);
  await second.goto(`${server.url}/security`);
  await events(second, 'profile.changed').waitFor();
  expect(await events(second, 'login.permitted').count()).toBe(3);
  await look(second, 'account-events');
}, 600_000);

it('a command line is mailed about once', async () => {
  expect(await logInAtCommandLine()).toBe(0);
  expect(await mailed(2, NEW_PLACE)).toContain('a program that is no known browser, from');
  expect(await logInAtCommandLine()).toBe(0);
});

it('a new password and a second factor are mailed, and listed under Security', async () => {
  await Promise.all([second.waitForEvent('websocket'), second.reload()]);
  const listensAgain = second.waitForEvent('websocket');
  await second.getByLabel(en.profile.current).fill(TESS.password);
  await second.getByLabel(en.profile.next).fill(NEXT_PASSWORD);
  await second.getByRole('button', { name: en.profile.changePassword }).click();
  await second.getByText(en.profile.passwordChanged).waitFor();
  await listensAgain; // with its new login
  await mailed(3, 'The password was changed');
  await first.getByLabel('Password', { exact: true }).waitFor(); // its login has ended

  await second.getByRole('button', { name: t.addApp }).click();
  await second.getByRole('button', { name: t.next }).click();
  const secret = await second.getByRole('textbox', { name: t.secret }).innerText();
  await second.getByLabel(t.firstCode).fill(generateSync({ secret }));
  await second.getByRole('button', { name: t.confirm }).click();
  await second.getByRole('checkbox', { name: t.codesKept }).check();
  await second.getByRole('button', { name: t.done }).click();
  const text = await mailed(4, 'A second factor was added');
  expect(text).toContain('The console lists the events of your account under Security.');

  await second.reload();
  for (const action of ['password.changed', 'login.factor-added'] as const)
    await events(second, action).first().waitFor();
  expect(await events(second, 'login.permitted').count()).toBe(5);
  expect(mail.mails).toHaveLength(4);
  expect(browser.complaints).toEqual([]);
}, 600_000);
