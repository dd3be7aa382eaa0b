import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { en } from '../../src/console/messages/en';
import { ja } from '../../src/console/messages/ja';
import type { LoginState } from '../../src/protocol/account';
import { findings } from '../support/browser/axe';
import { look } from '../support/browser/pictures';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { BUILT, CONSOLE_URL, ConsoleWithoutServer, refuse } from '../support/browser/console-without-server';
import { sampleUser } from '../support/samples/api-samples';

interface Built {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly isDynamicEntry?: boolean;
}
/** What the build has made of each module that is loaded on its own. */
const manifest = JSON.parse(readFileSync(join(BUILT, '.vite/manifest.json'), 'utf8')) as Readonly<
  Record<string, Built>
>;
const built = (module: string): Built => {
  const found = manifest[module];
  if (!found) throw new Error(`${module} is not loaded on its own`);
  return found;
};

/** The files of modules, with those that they import. */
function filesOf(...modules: string[]): string[] {
  const seen = new Set<string>();
  const add = (module: string): void => {
    if (seen.has(module)) return;
    seen.add(module);
    built(module).imports?.forEach(add);
  };
  modules.forEach(add);
  return [...seen].map((module) => `/${built(module).file}`).sort();
}

const FIRST = ['index.html', 'app.tsx'];
const USERS = 'screens/users/users-screen.tsx';
const REPORTS = 'screens/reports/reports-screen.tsx';
const admin = { ...sampleUser, role: 'admin' as const, language: null };

/** Another version of the page, as after an update of the server. */
const OTHER = readFileSync(join(BUILT, 'index.html'), 'utf8').replace(
  /\/assets\/index-[^"]+\.js/,
  '/assets/index-new.js',
);

let browser: ConsoleBrowser;
beforeAll(async () => (browser = await ConsoleBrowser.launch()));
afterEach(() => browser?.clear());
afterAll(() => browser?.close());

/** A window, and the scripts that it loads. */
async function opened(path: string, options: BrowserContextOptions = {}, loggedIn = true) {
  const page = await browser.window(options);
  const scripts: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.endsWith('.js')) scripts.push(pathname);
  });
  await ConsoleWithoutServer.open(page, admin);
  if (!loggedIn) {
    await page.route(/\/api\/auth\/me$/, (route) => refuse(route, 'not-logged-in'));
  }
  const login: LoginState = { password: true, passkeys: false, oidc: null, pending: null };
  await page.route(/\/api\/auth\/login$/, (route) => route.fulfill({ json: login }));
  await page.goto(`${CONSOLE_URL}${path}`);
  return { page, scripts: () => [...new Set(scripts)].sort() };
}

/** From now on, the file of a module is missing. @returns how often it was asked for */
async function lose(page: Page, module: string): Promise<() => number> {
  let asked = 0;
  await page.route(`**/${built(module).file}`, (route) => {
    asked += 1;
    return route.fulfill({ status: 404, json: {} });
  });
  return () => asked;
}

const open = (page: Page, title: string) =>
  page.getByRole('navigation').getByRole('link', { name: title, exact: true }).click();

describe('a new window', () => {
  it.each([
    ['en', 'en-GB', en],
    ['ja', 'ja-JP', ja],
  ])('loads for the login nothing but login, frame and the texts in one language (%s)', async (name, locale, texts) => {
    const { page, scripts } = await opened('/', { locale }, false);
    await page.getByLabel(texts.login.userId).waitFor();
    expect(scripts()).toEqual(filesOf(...FIRST, `messages/${name}.ts`));
  });

  it('loads of all screens only the one that is shown', async () => {
    const { page, scripts } = await opened('/users');
    await page.getByRole('heading', { name: en.users.title }).waitFor();
    expect(scripts()).toEqual(filesOf(...FIRST, 'messages/en.ts', USERS));
    expect(await page.title()).toContain(en.users.title);
  });

  it('has every screen of the routes in a file of its own', () => {
    const routes = readFileSync(join(__dirname, '../../src/console/routes.tsx'), 'utf8');
    const screens = [...routes.matchAll(/import\('\.\/(.+?)'\)/g)].map(([, module]) => `${module}.tsx`);
    expect(screens.length).toBeGreaterThan(30);
    const first = filesOf(...FIRST, 'messages/en.ts', 'messages/ja.ts');
    for (const screen of screens) expect(first).not.toContain(`/${built(screen).file}`);
    expect(routes).not.toMatch(/^import .*\/screens\/(?!frame\/)/m);
  });

  it('names the files of the application in the page, so that they are loaded at once', () => {
    const page = readFileSync(join(BUILT, 'index.html'), 'utf8');
    for (const file of filesOf(...FIRST)) {
      expect(existsSync(join(BUILT, file))).toBe(true);
      expect(page).toContain(`"${file}"`);
    }
  });
});

it('a screen is loaded when a link to it is pointed at', async () => {
  const { page, scripts } = await opened('/users');
  await page.getByRole('heading', { name: en.users.title }).waitFor();
  const file = `/${built(REPORTS).file}`;
  expect(scripts()).not.toContain(file);
  const loaded = page.waitForResponse((response) => response.url().endsWith(file));
  await page.getByRole('navigation').getByRole('link', { name: en.reports.title }).hover();
  await loaded;
  expect(page.url()).toContain('/users');
});

it('the texts of the other language are loaded when it is chosen', async () => {
  const { page, scripts } = await opened('/', {}, false);
  await page.getByLabel(en.login.userId).waitFor();
  expect(scripts()).not.toContain(`/${built('messages/ja.ts').file}`);
  await page.getByRole('button', { name: en.shell.language }).click();
  await page.getByRole('menuitem', { name: en.languages.ja }).click();
  await page.getByLabel(ja.login.userId).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('ja');
  expect(scripts()).toContain(`/${built('messages/ja.ts').file}`);
});

describe('a screen that cannot be loaded', () => {
  it.each([
    ['en-GB', en],
    ['ja-JP', ja],
  ])('is a message with a button that reloads the page (%s)', async (locale, texts) => {
    const { page } = await opened('/users', { locale });
    await page.getByRole('heading', { name: texts.users.title }).waitFor();
    await lose(page, REPORTS);
    await open(page, texts.reports.title);
    const message = page.getByRole('alert');
    await message.getByText(texts.problem.notLoadedTitle).waitFor();
    expect(page.url()).toContain('/reports');
    expect(await page.title()).toContain(texts.problem.notLoadedTitle);
    await look(page, `screen-not-loaded-${texts.language}`);

    await page.unroute(`**/${built(REPORTS).file}`);
    await message.getByRole('button', { name: texts.problem.reload }).click();
    await page.getByRole('heading', { name: texts.reports.title, level: 1 }).waitFor();
  });

  it('reloads the page once if the server has another version of it', async () => {
    const { page } = await opened('/users');
    await page.getByRole('heading', { name: en.users.title }).waitFor();
    const asked = await lose(page, REPORTS);
    await page.route(`${CONSOLE_URL}/`, (route) => route.fulfill({ body: OTHER, contentType: 'text/html' }));
    const reloaded = page.waitForEvent('load');
    await open(page, en.reports.title);
    await reloaded;
    // the page has remained the old one, as with two servers behind one address
    await page.getByRole('alert').getByText(en.problem.notLoadedTitle).waitFor();
    await page.getByRole('alert').getByRole('button', { name: en.problem.reload }).waitFor();
    expect(asked()).toBe(2);
    const again = page.waitForEvent('load').then(() => 'reloaded');
    const answered = page.waitForResponse(`${CONSOLE_URL}/`).then(() => 'asked');
    await open(page, en.users.title);
    await open(page, en.reports.title);
    expect(await Promise.race([again, answered])).toBe('asked');
  });

  it('does not reload the page while something is being sent', async () => {
    const { page } = await opened('/profile');
    const saving = page.waitForRequest((request) => request.method() === 'PATCH');
    await page.route(/\/api\/auth\/me$/, async (route) => {
      if (route.request().method() === 'GET') await route.fallback(); // a change is never answered
    });
    await page.getByRole('button', { name: en.actions.save }).first().click();
    await saving;
    await lose(page, REPORTS);
    let asked = 0;
    await page.route(`${CONSOLE_URL}/`, (route) => {
      asked += 1;
      return route.fulfill({ body: OTHER, contentType: 'text/html' });
    });
    await open(page, en.reports.title);
    await page.getByRole('alert').getByText(en.problem.notLoadedTitle).waitFor();
    expect(asked).toBe(0);
  });

  it('says that the server cannot be reached, and keeps the page', async () => {
    const { page } = await opened('/users');
    await page.getByRole('heading', { name: en.users.title }).waitFor();
    await page.route(`${CONSOLE_URL}/**`, (route) => route.abort('internetdisconnected'));
    await open(page, en.reports.title);
    const message = page.getByRole('alert').filter({ hasText: en.problem.notLoadedTitle });
    await message.getByRole('button', { name: en.problem.reload }).click();
    await message.getByText(en.problem.unreachableTitle).waitFor();
  });
});

it('a part of a screen that cannot be loaded leaves the rest as it is, until the user reloads the page', async () => {
  const { page } = await opened('/security');
  await lose(page, 'parts/qr-code.tsx');
  const secret = 'JBSWY3DPEHPK3PXP';
  await page.route(/\/api\/auth\/factors\/totp$/, (route) =>
    route.fulfill({ json: { id: randomUUID(), secret, uri: `otpauth://totp/Platen:tina?secret=${secret}` } }),
  );
  let asked = 0;
  await page.route(`${CONSOLE_URL}/`, (route) => {
    asked += 1;
    return route.fulfill({ body: OTHER, contentType: 'text/html' });
  });
  await page.getByRole('button', { name: en.security.addApp }).click();
  await page.getByLabel(en.security.factorName).fill('Phone');
  await page.getByRole('button', { name: en.security.next }).click();
  const message = page.getByRole('alert').filter({ hasText: en.problem.notLoadedTitle });
  await message.getByText(en.problem.entriesLost).waitFor();
  await page.getByText(secret).waitFor();
  await look(page, 'part-not-loaded');
  expect(asked).toBe(0);
});

it('texts that cannot be loaded leave the page in the previous language', async () => {
  const { page } = await opened('/', {}, false);
  await page.getByLabel(en.login.userId).fill('tina');
  await lose(page, 'messages/ja.ts');
  await page.getByRole('button', { name: en.shell.language }).click();
  await page.getByRole('menuitem', { name: en.languages.ja }).click();
  await page.getByRole('alert').getByText(en.problem.languageNotLoaded).waitFor();
  await look(page, 'language-not-loaded');
  expect(await page.getByLabel(en.login.userId).inputValue()).toBe('tina');
  await page.unroute(`**/${built('messages/ja.ts').file}`);
  await page.getByRole('alert').getByRole('button', { name: en.problem.reload }).click();
  await page.getByLabel(ja.login.userId).waitFor();
});

it.each(['app.tsx', 'messages/en.ts'])(
  'a console that cannot be started without %s says so, in both languages',
  async (module) => {
    const page = await browser.window();
    await ConsoleWithoutServer.open(page, admin);
    await lose(page, module);
    await page.goto(`${CONSOLE_URL}/users`);
    await page.locator('#starting.failed').waitFor();
    await page.getByText('コンソールを読み込んでいます').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.unroute(`**/${built(module).file}`);
    await page.getByRole('link', { name: 'Reload' }).click();
    await page.getByRole('heading', { name: en.users.title }).waitFor();
  },
);
