import type { Frame, Page } from 'playwright-core';
import { consoleCookie, Visit } from '../support/browser/browser-visit';
import { ConformanceDevice } from '../support/device/conformance-device';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';
import { startVncServer, type VncServer } from '../support/device/vnc-server';

type Opened = { origin: string; enterUrl: string; ticket: string };

let device: ConformanceDevice;
let screen: VncServer;
let on: TestStage;
let browser: ConsoleBrowser;
let visit: Visit | undefined;
beforeAll(async () => {
  device = await ConformanceDevice.start();
  screen = await startVncServer({ password: 'panel' });
  on = await TestStage.set({
    // two labels: browsers let pages set cookies for this domain, as for any that a vendor has
    env: { PLATEN_SESSION_DOMAIN: 'devices.localhost' },
    applications: [
      { device: 'demo-mfp', id: 'conformance', target: device.origin },
      { device: 'demo-mfp', id: 'screen', target: `tcp://127.0.0.1:${screen.port}` },
    ],
  });
  browser = await ConsoleBrowser.launch();
});
afterEach(async () => {
  await browser.clear();
  await visit?.end();
  visit = undefined;
});
afterAll(async () => {
  await browser?.close();
  await on?.strike();
  await device?.stop();
  await screen?.stop();
});

/** Runs a function in a page; given as text, because these files have no types of a browser. */
const run = (page: Page | Frame, code: string, given: unknown = null): Promise<unknown> =>
  page.evaluate(`(${code})(${JSON.stringify(given)})`);

/** A page of the console's origin, logged in, and a session that it has opened. */
async function opened(application = 'conformance', given?: Page): Promise<{ page: Page; session: Opened }> {
  visit = await Visit.approved(on, 'demo-mfp', application);
  const page = given ?? (await browser.window());
  const [name = '', value = ''] = (await consoleCookie(on, 'technician')).split('=');
  await page.context().addCookies([{ name, value, url: on.stage.serverUrl, httpOnly: true, sameSite: 'Lax' }]);
  await page.goto(`${on.stage.serverUrl}/api/about`);
  const session = await run(
    page,
    `path => fetch(path, { method: 'POST' }).then((answer) => answer.json())`,
    `/api/sessions/${visit.id}/browser`,
  );
  return { page, session: session as Opened };
}

/** Submits the ticket as the console does, into a window or frame of this name. */
const submit = (page: Page, { enterUrl, ticket }: Opened, target: string): Promise<unknown> =>
  run(
    page,
    `([action, value, target]) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action, target });
      form.append(Object.assign(document.createElement('input'), { name: 'ticket', value }));
      document.body.append(form);
      form.submit();
    }`,
    [enterUrl, ticket, target],
  );

async function tabOf(console: Page, session: Opened): Promise<Page> {
  const [page] = await Promise.all([console.context().waitForEvent('page'), submit(console, session, '_blank')]);
  return page;
}
async function inTab(given?: Page): Promise<{ console: Page; page: Page; session: Opened }> {
  const { page: console, session } = await opened('conformance', given);
  const page = await tabOf(console, session);
  await page.waitForURL(`${session.origin}/`);
  return { console, page, session };
}
async function inFrame(): Promise<{ console: Page; page: Frame; session: Opened }> {
  const { page: console, session } = await opened();
  await run(
    console,
    `() => { document.body.append(Object.assign(document.createElement('iframe'), { name: 'device' })) }`,
  );
  await submit(console, session, 'device');
  const page = await until('the frame', () => console.frame({ name: 'device' }));
  await page.waitForURL(`${session.origin}/`);
  return { console, page, session };
}

describe.each([
  ['tab', () => inTab()],
  ['frame of the console', inFrame],
])("a device's page in a %s", (_, open) => {
  it('works: absolute links, forms, cookies, WebSocket', async () => {
    const { page, session } = await open();
    expect(await page.getAttribute('#abs', 'href')).toBe(`${session.origin}/echo?from=abs`);
    expect(await run(page, `() => fetch('/cookies').then((answer) => answer.text())`)).toBe('cookies');
    const echoed = await run(page, `() => fetch('/echo').then((answer) => answer.json())`);
    const { cookie } = (echoed as { headers: Record<string, string> }).headers;
    expect(cookie).toMatch(/plain=1/);
    expect(cookie).toMatch(/strict=5/);
    expect(cookie).not.toMatch(/platen/);
    const handshake = await run(
      page,
      `() => new Promise((resolve, reject) => {
        const ws = new WebSocket(location.origin.replace('http', 'ws') + '/ws');
        ws.onmessage = (event) => resolve(event.data);
        ws.onerror = () => reject(new Error('no WebSocket'));
      })`,
    );
    expect(JSON.parse(String(handshake))).toMatchObject({ host: device.authority, origin: device.origin });
    await page.click('#abs');
    await page.waitForURL(`${session.origin}/echo?from=abs`);
    await page.goto(`${session.origin}/`);
    await run(page, `() => document.querySelector('form').submit()`);
    await page.waitForURL(`${session.origin}/form`);
    expect(await page.textContent('body')).toBe('a=1');
  });

  it('never reaches the console', async () => {
    const { console, page, session } = await open();
    const tries = (await run(
      page,
      `async (origin) => {
        const outcome = (work) => work.then(String, (error) => error.name);
        const ask = (init) =>
          outcome(fetch(origin + '/api/auth/me', init).then(async (answer) => answer.type + ' ' + (await answer.text())));
        const logout = { method: 'POST', credentials: 'include', mode: 'no-cors' };
        const touch = (what) => { try { return String(what()) } catch (error) { return error.name } };
        document.cookie = 'platen.sid=planted; domain=localhost';
        document.cookie = 'platen.sid=planted; domain=127.0.0.1';
        return {
          readable: await ask({ credentials: 'include' }),
          opaque: await ask({ credentials: 'include', mode: 'no-cors' }),
          logout: await outcome(fetch(origin + '/api/auth/logout', logout)),
          live: await new Promise((resolve) => {
            const ws = new WebSocket(origin.replace('http', 'ws') + '/api/live');
            ws.onopen = () => resolve('open');
            ws.onerror = () => resolve('refused');
          }),
          above: touch(() => (window.parent === window ? window.opener : window.parent).document.cookie),
          cookies: document.cookie,
        };
      }`,
      on.stage.serverUrl,
    )) as Record<string, string>;
    expect(tries).toMatchObject({ readable: 'TypeError', live: 'refused' });
    expect(tries.opaque).toMatch(/^(opaque |TypeError$)/);
    expect(tries.above).toMatch(/^(SecurityError|TypeError)$/); // no access, or nothing there
    expect(tries.cookies).not.toMatch(/platen/);

    const me = await run(console, `() => fetch('/api/auth/me').then((answer) => answer.text())`);
    expect(me).toContain('tina'); // still logged in, as herself
    const cookies = await console.context().cookies();
    const domains = (of: string) => cookies.filter(({ name }) => name === of).map(({ domain }) => domain);
    expect(domains('platen.sid')).toEqual(['127.0.0.1']);
    expect(domains('platen-session')).toEqual([new URL(session.origin).hostname]);
    expect(device.seen.filter(({ headers }) => /platen/.test(headers.cookie ?? ''))).toEqual([]);
  });

  it('is replaced by a page with the reason once the session has ended', async () => {
    const { page, session } = await open();
    await visit!.end();
    await page.goto(`${session.origin}/echo`);
    expect(await page.textContent('h1')).toBe('This session has ended');
  });
});

describe('the cookie of a frame', () => {
  it('is accepted neither in a tab nor below another site', async () => {
    const { console, session } = await inFrame();
    const tab = await console.context().newPage();
    expect((await tab.goto(`${session.origin}/echo?from=elsewhere`))?.status()).toBe(403);
    await tab.goto(`${on.stage.serverUrl.replace('127.0.0.1', 'localhost')}/api/about`);
    const code = `url => fetch(url, { credentials: 'include', mode: 'no-cors' }).catch(() => undefined).then(() => 'tried')`;
    expect(await run(tab, code, `${session.origin}/echo?from=elsewhere`)).toBe('tried');
    expect(device.seen.filter(({ url }) => url.includes('from=elsewhere'))).toEqual([]);
  });
});

describe("a device's page that would outlast or reach beyond its session", () => {
  const toss = `([domain, count, bytes]) => {
    for (let n = 0; n < count; n++) document.cookie = 'tossed' + n + '=' + 'x'.repeat(bytes) + '; domain=' + domain + '; path=/';
  }`;
  const tossed = async (page: Page): Promise<string[]> =>
    (await page.context().cookies()).map(({ name }) => name).filter((name) => name.startsWith('tossed'));

  it('sets no cookie that the device of the next session gets', async () => {
    const { console, page } = await inTab();
    await run(page, toss, ['devices.localhost', 2, 1]);
    await until('both cookies to be set', async () => (await tossed(page)).length === 2);
    await visit!.end();
    const seen = device.seen.length;
    const next = await inTab(console);
    await run(next.page, `() => fetch('/echo')`);
    const reached = device.seen.slice(seen);
    expect(reached.map(({ url }) => url)).toContain('/echo');
    expect(reached.filter(({ headers }) => headers.cookie !== undefined)).toEqual([]);
    expect(await tossed(next.page)).toEqual([]);
    // the cookies of its own scripts are left alone
    await run(next.page, `() => { document.cookie = 'own=1' }`);
    const echoed = await run(next.page, `() => fetch('/echo').then((answer) => answer.json())`);
    expect((echoed as { headers: object }).headers).toMatchObject({ cookie: 'own=1' });
  });

  it('does not keep the browser out with a mass of cookies', async () => {
    const { page, session } = await inTab();
    await run(page, toss, ['devices.localhost', 60, 4_000]);
    await until('all cookies to be set', async () => (await tossed(page)).length === 60);
    expect((await page.goto(`${session.origin}/echo`))?.status()).toBe(431);
    await page.getByText('The cookies have been removed.').waitFor();
    expect(await tossed(page)).toEqual([]);
    expect((await page.goto(`${session.origin}/echo`))?.status()).toBe(200);
  });

  it('registers no service worker, also not from the cache', async () => {
    const { page } = await inTab();
    const outcome = await run(
      page,
      `async () => {
        const register = (options) =>
          navigator.serviceWorker.register('/worker.js', options).then(() => 'registered', (error) => error.name);
        await fetch('/worker.js').then((answer) => answer.text());
        const tries = [await register({ updateViaCache: 'all' }), await register({})];
        const dedicated = await new Promise((resolve) => {
          const worker = new Worker('/worker.js');
          worker.onerror = () => resolve('refused');
          worker.onmessage = (event) => resolve(event.data);
          worker.postMessage(0);
        });
        return [...tries, dedicated, (await navigator.serviceWorker.getRegistrations()).length];
      }`,
    );
    expect(outcome).toEqual(['TypeError', 'TypeError', 'runs', 0]);
  });

  it('leaves nothing stored', async () => {
    const { page, session } = await inTab();
    await run(page, `() => { localStorage.setItem('a', '1'); document.cookie = 'own=1' }`);
    await visit!.end();
    await page.goto(`${session.origin}/echo`);
    expect(await run(page, `() => [localStorage.length, document.cookie]`)).toEqual([0, '']);
    const hosts = (await page.context().cookies()).map(({ domain }) => domain);
    expect(hosts).not.toContain(new URL(session.origin).hostname);
  });

  it('submits nothing to another session', async () => {
    const { console, session } = await inTab();
    const other = await console.context().newPage();
    await other.goto(session.origin.replace(/s-\w+/, 's-00'));
    const seen = device.seen.length;
    await run(
      other,
      `(action) => {
        const form = Object.assign(document.createElement('form'), { method: 'post', action });
        document.body.append(form);
        form.submit();
      }`,
      `${session.origin}/form`,
    );
    await other.getByRole('heading', { name: 'Request from another page' }).waitFor();
    expect(device.seen.length).toBe(seen);
  });
});

describe('the screen of a VNC server', () => {
  it('is shown under a strict policy, asks for the password, and accepts input unless it is view-only', async () => {
    const { page: console, session } = await opened('screen');
    const page = await tabOf(console, session);
    const refused: string[] = [];
    page.on('console', (message) => message.type() === 'error' && refused.push(message.text()));
    const logIn = async () => {
      await page.getByLabel('Password').fill('panel');
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByText('Connected', { exact: true }).waitFor();
    };
    await page.waitForURL(`${session.origin}/.platen/vnc`);
    await logIn();
    expect(await page.title()).toContain('VNC test panel');
    await page.locator('#screen canvas').click({ position: { x: 100, y: 100 } });
    await page.keyboard.press('a');
    await until('the key, which is released last', () =>
      screen.input.some(({ type, key }) => type === 'KeyRelease' && key === 'a'),
    );

    await page.goto(`${session.origin}/.platen/vnc?view-only`);
    await logIn();
    const before = screen.input.length;
    await page.locator('#screen canvas').click({ position: { x: 50, y: 50 } });
    await page.keyboard.press('b');
    expect(await page.getByRole('button', { name: 'Ctrl-Alt-Del' }).isDisabled()).toBe(true);
    await page.getByLabel('Fit to window').uncheck();
    await visit!.end();
    await page.getByText('This session has ended').first().waitFor();
    expect(screen.input.slice(before)).toEqual([]);
    expect(refused.filter((text) => !text.includes('410'))).toEqual([]);
  });
});
