import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { freePorts } from '../../src/demo/free-ports';
import { Program } from '../../src/demo/programs';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { look } from '../support/browser/pictures';
import { LoneServer } from '../support/server/lone-server';

const LOCAL = { username: 'alex', password: 'a password of alex' };
const EMERGENCY = { username: 'rescue', password: 'a password for a bad day' };
const GROUPS = [
  { group: 'platen-admins', role: 'admin' },
  { group: 'support', role: 'technician', customers: ['Acme', 'Unknown Ltd'] },
];

let provider: Program;
let issuer: string;
let server: LoneServer;
let browser: ConsoleBrowser;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  const [port] = (await freePorts(1)) as [number];
  issuer = `http://localhost:${port}`;
  server = await LoneServer.start(
    [{ ...LOCAL, role: 'admin' }],
    (url, folder) => ({
      PLATEN_OIDC_ISSUER: issuer,
      PLATEN_OIDC_CLIENT_ID: 'platen',
      PLATEN_OIDC_CLIENT_SECRET_FILE: join(folder, 'oidc.secret'),
      PLATEN_OIDC_NAME: 'Acme ID',
      PLATEN_OIDC_GROUPS_FILE: join(folder, 'groups.json'),
      PLATEN_OIDC_USERS: 'create',
      PLATEN_LOCAL_LOGIN: 'no',
      PLATEN_TRUST_PROXY: 'yes',
    }),
    async (folder) => {
      await writeFile(join(folder, 'oidc.secret'), 'a secret of the client\n');
      await writeFile(join(folder, 'groups.json'), JSON.stringify(GROUPS));
    },
  );
  const script = join(__dirname, '../support/server/oidc-provider.mjs');
  provider = Program.start('provider', [process.execPath, script, String(port), server.url]);
  await provider.until(() => provider.printed.find((line) => line.startsWith('listening')), 'listens');
});
afterEach(() => browser?.clear());
afterAll(async () => {
  await browser?.close();
  provider?.child.kill('SIGTERM');
  await provider?.exited;
  await server?.stop();
});

/** As from an address of its own, because the logins of one are limited. */
let windows = 0;
const newWindow = (): Promise<Page> => {
  const extraHTTPHeaders = { 'X-Forwarded-For': `198.51.100.${(windows += 1)}` };
  return browser.window({ extraHTTPHeaders });
};

/** On the provider's pages: as this account, which agrees to share its data. */
async function identify(page: Page, account: string): Promise<void> {
  await page.locator('input[name=login]').fill(account);
  await page.locator('input[name=password]').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function signIn(page: Page, account: string, path = '/devices'): Promise<void> {
  await page.goto(`${server.url}${path}`);
  await page.getByRole('link', { name: 'Sign in with Acme ID' }).click();
  await identify(page, account);
}

it('an administrator signs in, comes back to the page, and is who the groups say', async () => {
  const page = await newWindow();
  await page.goto(`${server.url}/users`);
  await page.getByRole('link', { name: 'Sign in with Acme ID' }).waitFor();
  await look(page, 'login-oidc');
  await page.getByRole('link', { name: 'Sign in with Acme ID' }).click();
  await identify(page, 'ida');
  await page.getByRole('heading', { name: 'Users' }).waitFor();
  await page.getByText('Ida Identity').first().waitFor();
  await page.getByText('ida · Single sign-on').waitFor();
  await look(page, 'users-oidc');
  const me = `${server.url}/api/auth/me`;
  expect(await (await page.request.get(me)).json()).toMatchObject({ email: 'ida@acme.example' });
  await page.goto(`${server.url}/customers`);
  await page.getByRole('button', { name: 'New customer' }).click();
  await page.getByLabel('Name of the customer').fill('Acme');
  await page.getByRole('dialog').getByRole('button').last().click();
  await page.getByText('Acme').first().waitFor();
});

it('a technician gets the customers of the groups, and logs out at the provider, too', async () => {
  const page = await newWindow();
  await signIn(page, 'ted');
  await page.getByRole('heading', { name: 'Devices' }).waitFor();
  const customers = (await (await page.request.get(`${server.url}/api/customers`)).json()) as { name: string }[];
  expect(customers.map(({ name }) => name)).toEqual(['Acme']);
  const me = (await (await page.request.get(`${server.url}/api/auth/me`)).json()) as object;
  expect(me).toMatchObject({ username: 'ted', displayName: 'Ted Technician', role: 'technician', login: 'oidc' });
  expect(me).toMatchObject({ email: null }); // not verified
  await page.getByRole('button', { name: 'Ted Technician' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.getByRole('link', { name: 'Sign out of Acme ID, too' }).click();
  await page.getByRole('button', { name: /Yes, sign me out/ }).click();
  await page.getByRole('link', { name: 'Sign in with Acme ID' }).waitFor();
  await page.getByRole('link', { name: 'Sign in with Acme ID' }).click();
  await page.locator('input[name=login]').waitFor(); // the provider asks again
});

it.each([
  ['moe', 'You are in no group that has access.'],
  ['alex', 'An account with your user ID logs in by other means.'],
])('%s is refused: %s', async (account, text) => {
  const page = await newWindow();
  await signIn(page, account);
  await page.getByText(text).waitFor();
  await look(page, `refused-${account}`);
  expect((await page.request.get(`${server.url}/api/auth/me`)).status()).toBe(401);
});

it('passwords do not work, except that of an emergency administrator made on the server', async () => {
  const refused = await fetch(`${server.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(LOCAL),
  });
  expect(refused.status).toBe(401);
  const args = ['create-user', EMERGENCY.username, '--role', 'admin', '--emergency', '--password-stdin'];
  expect((await server.command(args, `${EMERGENCY.password}\n`)).code).toBe(0);
  const page = await newWindow();
  await page.goto(`${server.url}/devices`);
  await page.getByRole('button', { name: 'Emergency login with a password' }).click();
  await look(page, 'login-emergency');
  await page.getByLabel('User ID').fill(EMERGENCY.username);
  await page.getByLabel('Password', { exact: true }).fill(EMERGENCY.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Devices' }).waitFor();
});

it('an administrator switches a user from the password to single sign-on', async () => {
  const page = await newWindow();
  await signIn(page, 'ida', '/users');
  await page.getByRole('button', { name: 'Edit alex' }).click();
  await page.getByRole('button', { name: 'Switch to Acme ID' }).click();
  await page.getByText('The password stops working').waitFor();
  await look(page, 'user-to-single-sign-on');
  await page.getByRole('dialog').last().getByRole('button', { name: 'Switch to Acme ID' }).click();
  await page.getByText('alex · Single sign-on').waitFor();
  const alex = await newWindow();
  await signIn(alex, 'alex');
  await alex.getByRole('heading', { name: 'Devices' }).waitFor();
});

describe('an attacker', () => {
  /** The login at the provider, form by form, up to the address with which the browser would return. */
  async function caught(page: Page, account: string, to = '/devices'): Promise<URL> {
    const begin = new URL('/api/auth/oidc/login', server.url);
    begin.searchParams.set('to', to);
    let answer = await page.request.get(begin.href, { maxRedirects: 0 });
    for (let steps = 0; steps < 20; steps += 1) {
      const { location } = answer.headers();
      const next = location && new URL(location, issuer);
      if (next && next.pathname === '/api/auth/oidc/callback') return next;
      if (next) answer = await page.request.get(next.href, { maxRedirects: 0 });
      else {
        const html = await answer.text();
        const action = /<form[^>]*action="([^"]+)"/.exec(html)![1]!;
        const prompt = /name="prompt" value="(\w+)"/.exec(html)![1]!;
        const form = { prompt, ...(prompt === 'login' && { login: account, password: 'any' }) };
        answer = await page.request.post(new URL(action, issuer).href, { form, maxRedirects: 0 });
      }
    }
    throw new Error('the provider did not finish');
  }
  const whereTo = async (page: Page, url: URL): Promise<string> => {
    const answer = await page.request.get(url.href, { maxRedirects: 0 });
    expect(answer.status()).toBe(302);
    return answer.headers().location!.replace(server.url, '');
  };
  const isLoggedIn = async (page: Page): Promise<boolean> => (await page.request.get(`${server.url}/api/auth/me`)).ok();

  it('cannot deliver a code to another browser (login CSRF), nor twice', async () => {
    const page = await newWindow();
    const callback = await caught(page, 'ida');
    const victim = await newWindow();
    await victim.goto(`${server.url}/devices`);
    expect(await whereTo(victim, callback)).toBe('/?refused=oidc-expired');
    expect(await isLoggedIn(victim)).toBe(false);
    expect(await whereTo(page, callback)).toBe('/devices');
    expect(await isLoggedIn(page)).toBe(true);
    expect(await whereTo(page, callback)).toBe('/?refused=oidc-expired');
  });

  it.each([
    ['another state', 'state', 'forged'],
    ['another issuer', 'iss', 'http://evil.example'],
    ['another code', 'code', 'forged'],
  ])('cannot have %s accepted', async (_what, name, value) => {
    const page = await newWindow();
    const callback = await caught(page, 'ida');
    callback.searchParams.set(name, value);
    expect(await whereTo(page, callback)).toBe('/?refused=oidc-failed');
    expect(await isLoggedIn(page)).toBe(false);
    expect(await whereTo(page, callback)).toBe('/?refused=oidc-expired');
  });

  it('cannot plant a session ID', async () => {
    const page = await newWindow();
    const callback = await caught(page, 'ida');
    const sid = async () => (await page.context().cookies()).find(({ name }) => name === 'platen.sid')!.value;
    const before = await sid();
    expect(await whereTo(page, callback)).toBe('/devices');
    expect(await sid()).not.toBe(before);
  });

  it('cannot send the browser to another site afterwards', async () => {
    const page = await newWindow();
    expect(await whereTo(page, await caught(page, 'ida', '//evil.example/devices'))).toBe('/');
  });
});
