import type { CDPSession, Page } from 'playwright-core';
import { ConsoleBrowser, logIn, type Person } from '../support/browser/console-browser';
import { look } from '../support/browser/pictures';
import { LoneServer } from '../support/server/lone-server';

const ADMIN: Person = { username: 'alex', password: 'a password of alex' };
const TECHNICIAN: Person = { username: 'tess', password: 'a password of tess' };
const OTHER: Person = { username: 'tina', password: 'a password of tina' };

let server: LoneServer;
let browser: ConsoleBrowser;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  server = await LoneServer.start(
    [
      { ...ADMIN, role: 'admin' },
      { ...TECHNICIAN, role: 'technician' },
      { ...OTHER, role: 'technician' },
    ],
    () => ({ PLATEN_SECOND_FACTOR_ROLES: 'admin', PLATEN_TRUST_PROXY: 'yes' }),
  );
});
afterEach(() => browser?.clear());
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

let windows = 0;
/** A window with an authenticator that has no passkeys; as from an address of its own, because logins of one are limited. */
async function withAuthenticator(): Promise<{ page: Page; debug: CDPSession; authenticatorId: string }> {
  const extraHTTPHeaders = { 'X-Forwarded-For': `198.51.100.${(windows += 1)}` };
  const page = await browser.window({ extraHTTPHeaders });
  const debug = await page.context().newCDPSession(page);
  await debug.send('WebAuthn.enable');
  const { authenticatorId } = await debug.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { page, debug, authenticatorId };
}

async function keepCodes(page: Page): Promise<void> {
  await page.getByRole('checkbox', { name: 'I have stored the recovery codes' }).check();
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function addPasskey(page: Page): Promise<void> {
  await page.goto(`${server.url}/security`);
  await page.getByRole('button', { name: 'Add passkey' }).click();
  await page.getByRole('button', { name: 'Create passkey' }).waitFor();
  await look(page, 'add-passkey');
  await page.getByRole('button', { name: 'Create passkey' }).click();
  await keepCodes(page);
  await page.getByText('This device').waitFor();
}

async function logOut(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.getByLabel('User ID').waitFor();
}

it('a passkey is the second factor, or the whole login', async () => {
  const { page, debug, authenticatorId } = await withAuthenticator();
  await logIn(page, server.url, TECHNICIAN);
  await addPasskey(page);
  await look(page, 'security-passkey');

  await logOut(page, 'tess');
  await look(page, 'login-passkey');
  await logIn(page, server.url, TECHNICIAN);
  await page.getByLabel('Code').waitFor();
  await look(page, 'factor-passkey');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByRole('heading', { name: 'Devices' }).waitFor();

  await logOut(page, 'tess');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByRole('heading', { name: 'Devices' }).waitFor();

  await logOut(page, 'tess');
  await debug.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByText('There was no passkey, or it was not confirmed in time.').waitFor();
});

it('a user whose role requires a factor sets up a passkey', async () => {
  const { page } = await withAuthenticator();
  await page.goto(`${server.url}/users`);
  await page.getByLabel('User ID').fill(ADMIN.username);
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Use a passkey instead' }).click();
  await look(page, 'set-up-passkey');
  await page.getByRole('button', { name: 'Create passkey' }).click();
  await keepCodes(page);
  await page.getByRole('heading', { name: 'Users' }).waitFor();
});

describe('an attacker', () => {
  const post = (page: Page, path: string, data: object = {}) =>
    page.request.post(`${server.url}/api/auth${path}`, { data });

  /** What the authenticator answers to the next login of the page, which is not delivered. */
  async function caughtAnswer(page: Page): Promise<object> {
    let keep!: (answer: object) => void;
    const caught = new Promise<object>((resolve) => (keep = resolve));
    await page.route('**/api/auth/login/passkey', async (route) => {
      await route.abort(); // before the route is removed: the server must not have seen the answer
      keep(route.request().postDataJSON() as object);
    });
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    const answer = await caught;
    await page.unroute('**/api/auth/login/passkey');
    return answer;
  }

  it('cannot use an answer twice, in another browser, or for the pending login of another user', async () => {
    const { page } = await withAuthenticator();
    await logIn(page, server.url, OTHER);
    await addPasskey(page);
    await logOut(page, 'tina');

    const answer = await caughtAnswer(page);
    const elsewhere = (await withAuthenticator()).page;
    await post(elsewhere, '/login/passkey/options');
    expect((await post(elsewhere, '/login/passkey', answer)).status()).toBe(401);
    expect((await post(page, '/login/passkey', answer)).status()).toBe(200);
    expect((await post(page, '/login/passkey', answer)).status()).toBe(401);

    await page.goto(`${server.url}/devices`);
    await logOut(page, 'tina');
    const own = await caughtAnswer(page);
    // the same browser begins the login of tess, who has a passkey of her own
    expect((await post(page, '/login', TECHNICIAN)).status()).toBe(401);
    await post(page, '/login/passkey/options');
    expect((await post(page, '/login/passkey', own)).status()).toBe(401);
    expect((await page.request.get(`${server.url}/api/auth/me`)).status()).toBe(401);
  });
});
