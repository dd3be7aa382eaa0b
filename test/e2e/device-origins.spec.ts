import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Frame, Page } from 'playwright-core';
import { WebSocketServer } from 'ws';
import { event } from '../../src/demo/scenario';
import { consoleCookie, Visit } from '../support/browser/browser-visit';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { TestStage } from '../support/stage/test-stage';
import { makeCertificate } from '../support/test-certificate';
import { until } from '../support/until';

// A device with two origins that its owner permits, http and https, as many have them, and a third one that is not permitted:
// crossed by Chromium in a session of the browser, and through the proxy of `platen connect`.

interface Origin {
  readonly origin: string;
  readonly seen: IncomingMessage[];
  stop(): Promise<void>;
}

let plain: Origin;
let secure: Origin;
/** Where the technician's own network would be. */
let elsewhere: Origin;
let on: TestStage;
let browser: ConsoleBrowser;
let visit: Visit | undefined;

async function serve(server: Server, scheme: 'http' | 'https', answer: RequestListener): Promise<Origin> {
  const seen: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('request', (request: IncomingMessage) => seen.push(request));
  server.on('request', answer);
  const echoes = new WebSocketServer({ server, path: '/ws' });
  echoes.on('connection', (socket, request) => {
    seen.push(request);
    socket.on('error', () => undefined);
    socket.send(`${scheme} for ${request.headers.origin}`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stop = async (): Promise<void> => {
    for (const client of echoes.clients) client.terminate();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { origin: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, stop };
}

beforeAll(async () => {
  elsewhere = await serve(createServer(), 'http', (_request, response) => response.end('elsewhere'));
  const ofTls = createTlsServer(await makeCertificate());
  secure = await serve(ofTls, 'https', (request, response) => {
    if (request.url === '/public') response.setHeader('Access-Control-Allow-Origin', '*');
    if (request.url === '/settings') {
      response.setHeader('Access-Control-Allow-Origin', plain.origin);
      response.setHeader('Access-Control-Allow-Methods', 'PUT');
      response.setHeader('Access-Control-Allow-Headers', 'x-token');
    }
    if (request.url === '/module') {
      const module = { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/javascript' };
      return void response.writeHead(200, module).end('export const name = "module";');
    }
    if (request.url === '/api') {
      response.setHeader('Access-Control-Allow-Origin', plain.origin);
      response.setHeader('Access-Control-Allow-Credentials', 'true');
    }
    response.setHeader('Content-Type', 'text/html');
    response.end(
      `<!doctype html><title>secure</title><h1>${request.url}</h1><a id="back" href="${plain.origin}/">back</a>`,
    );
  });
  plain = await serve(createServer(), 'http', (request, response) => {
    if (request.url === '/go') return void response.writeHead(301, { Location: `${secure.origin}/gone` }).end();
    response.setHeader('Content-Type', 'text/html');
    response.end(
      `<!doctype html><title>plain</title><a id="link" href="${secure.origin}/linked">secure</a>` +
        `<a id="api" href="${secure.origin}/api"></a><a id="ws" href="${secure.origin}/ws"></a>` +
        `<a id="stray" href="${elsewhere.origin}/stray">elsewhere</a>`,
    );
  });
  on = await TestStage.set({
    // two labels: the origins of a session are one site, as under any domain that a vendor has
    env: { PLATEN_SESSION_DOMAIN: 'devices.localhost' },
    applications: [{ device: 'demo-mfp', id: 'origins', target: plain.origin, origins: [secure.origin] }],
  });
  // in place of Playwright's list, which takes the partitions of storage away that browsers have: workers in a frame need them
  browser = await ConsoleBrowser.launch(undefined, ['--disable-features=HttpsUpgrades,Translate']);
});
beforeEach(() => [plain, secure, elsewhere].forEach(({ seen }) => seen.splice(0)));
afterEach(async () => {
  await browser.clear();
  await visit?.end();
  await on.clear();
  visit = undefined;
});
afterAll(async () => {
  await browser?.close();
  await on?.strike();
  for (const origin of [plain, secure, elsewhere]) await origin?.stop();
});

/** Runs a function in a page; given as text, because these files have no types of a browser. */
const run = (page: Page | Frame, code: string): Promise<unknown> => page.evaluate(`(${code})()`);
// with credentials: the session's cookie goes along
const FETCHED = `() => fetch(document.querySelector('#api').href, { credentials: 'include' }).then((answer) => answer.text())`;
/** The text that a page gets from a path of the other origin without credentials. */
const without = (path: string, options = '{}'): string =>
  `() => fetch(new URL('${path}', document.querySelector('#api').href), ${options})
    .then((answer) => answer.text(), () => 'blocked')`;
const FIRST_MESSAGE = `() => new Promise((resolve, reject) => {
  const ws = new WebSocket(document.querySelector('#ws').href.replace(/^http/, 'ws'));
  ws.onmessage = ({ data }) => resolve(data);
  ws.onerror = () => reject(new Error('no WebSocket'));
})`;
const title = (page: Page | Frame): Promise<string> => page.title();

describe.each(['tab', 'frame'] as const)('in a %s', (where) => {
  /** The device's first page, opened as the console opens it. */
  async function opened(): Promise<Page | Frame> {
    visit = await Visit.approved(on, 'demo-mfp', 'origins');
    const { enterUrl, ticket, origin } = await visit.open();
    const console = await browser.window();
    const [name = '', value = ''] = (await consoleCookie(on, 'technician')).split('=');
    await console.context().addCookies([{ name, value, url: on.stage.serverUrl, httpOnly: true, sameSite: 'Lax' }]);
    await console.goto(`${on.stage.serverUrl}/api/about`);
    const target = where === 'tab' ? '_self' : 'device';
    await console.evaluate(
      `(([action, value, target]) => {
        if (target === 'device') document.body.append(Object.assign(document.createElement('iframe'), { name: target }));
        const form = Object.assign(document.createElement('form'), { method: 'post', action, target });
        form.append(Object.assign(document.createElement('input'), { name: 'ticket', value }));
        document.body.append(form);
        form.submit();
      })(${JSON.stringify([enterUrl, ticket, target])})`,
    );
    const page = where === 'tab' ? console : await until('the frame', () => console.frame({ name: 'device' }));
    await page.waitForURL(`${origin}/`);
    return page;
  }
  const siblingOf = (page: Page | Frame): string => new URL(page.url()).origin.replace(/(s-[0-9a-f]+)/, '$1-1');

  it('a link leads to the other origin, and back', async () => {
    const page = await opened();
    const sibling = siblingOf(page);
    await page.click('#link');
    await page.waitForURL(`${sibling}/linked`);
    expect(await title(page)).toBe('secure');
    await page.click('#back');
    await page.waitForURL((url) => url.pathname === '/' && !url.hostname.includes('-1.'));
    expect(await title(page)).toBe('plain');
  });

  it('a redirect leads there', async () => {
    const page = await opened();
    const sibling = siblingOf(page);
    await page.goto(`${new URL(page.url()).origin}/go`);
    expect([page.url(), await title(page)]).toEqual([`${sibling}/gone`, 'secure']);
  });

  it('fetch and WebSocket reach it, under the names that the device knows', async () => {
    const page = await opened();
    expect(await run(page, FETCHED)).toContain('<h1>/api</h1>');
    expect(await run(page, FIRST_MESSAGE)).toBe(`https for ${plain.origin}`);
    const [request] = secure.seen;
    expect(request!.headers).toMatchObject({ host: new URL(secure.origin).host, origin: plain.origin });
  });

  it('fetch without credentials, with a preflight, and modules reach it, as the device permits', async () => {
    const page = await opened();
    expect(await run(page, without('/public'))).toContain('<h1>/public</h1>');
    expect(await run(page, without('/api'))).toContain('<h1>/api</h1>');
    expect(await run(page, without('/closed'))).toBe('blocked');
    const put = `{ method: 'PUT', headers: { 'X-Token': 't' }, body: 'x' }`;
    expect(await run(page, without('/settings', put))).toContain('<h1>/settings</h1>');
    expect(await run(page, without('/public', put))).toBe('blocked');
    const imported = `() => import(new URL('/module', document.querySelector('#api').href).href).then(({ name }) => name)`;
    expect(await run(page, imported)).toBe('module');
    expect(secure.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      ...['GET /public', 'GET /api', 'GET /closed', 'OPTIONS /settings', 'PUT /settings', 'OPTIONS /public'],
      'GET /module',
    ]);
    expect(secure.seen.filter(({ headers }) => headers.cookie ?? headers['platen-credentials'])).toEqual([]);

    // and the other way; the workers end with the session
    await page.click('#link');
    await page.waitForURL(/\/linked$/);
    await run(page, `() => fetch(document.querySelector('#back').href).catch(() => undefined)`);
    expect(plain.seen.at(-1)!.headers).toMatchObject({ origin: secure.origin, host: new URL(plain.origin).host });
    await visit!.end();
    await page.goto(page.url());
    expect(await title(page)).toBe('This session has ended');
    const workers = `() => navigator.serviceWorker.getRegistrations().then(({ length }) => length)`;
    await until('the worker to be removed', async () => (await run(page, workers)) === 0);
  });

  it('what is not permitted is named, and never dialled from here', async () => {
    const page = await opened();
    const script = `() => fetch('${elsewhere.origin}/script').then(() => 'reached', () => 'blocked')`;
    expect(await run(page, script)).toBe('blocked');
    await page.click('#stray');
    await page.waitForURL(/\/\.platen\/elsewhere/);
    expect(await page.textContent('p')).toContain(`The device leads to ${elsewhere.origin}`);
    expect(elsewhere.seen).toEqual([]);
  });

  it('what is not permitted is asked for with a click, permitted at the device, and revoked there', async () => {
    const page = await opened();
    await page.click('#stray');
    await page.click('button');
    await page.waitForSelector('text=the owner of the device has been asked');
    await page.click('button');
    await page.waitForSelector('text=has not answered yet');
    expect(elsewhere.seen).toEqual([]);

    const panel = await browser.window();
    await panel.goto(on.stage.panelUrl);
    await panel.waitForSelector(`#origins-asking >> text=${elsewhere.origin}`);
    await panel.click('#origins-asking button.strong');
    await panel.waitForSelector('#origins-asking li', { state: 'detached' });
    await page.click('button');
    await page.waitForURL((url) => url.hostname.includes('-2.') && url.pathname === '/');
    expect(await page.textContent('body')).toBe('elsewhere');

    await panel.click('#access-toggle');
    await panel.click('#origins-permitted button');
    await panel.waitForSelector('#origins-permitted li', { state: 'detached' });
    await page.goto(page.url());
    expect(await page.textContent('body')).toContain('does not permit this origin');
  });
});

describe('through the proxy of platen connect', () => {
  async function throughProxy(): Promise<Page> {
    const { connect, id } = await on.request('demo-mfp', 'origins', ['--proxy']);
    await on.press(`/approvals/${id}`, { decision: 'approved' });
    const { proxy, origins } = await event(connect, 'listening');
    expect(origins).toEqual([plain.origin, secure.origin]);
    const server = { server: String(proxy), bypass: '<-loopback>' };
    const page = await browser.window({ proxy: server, ignoreHTTPSErrors: true });
    await page.goto(`${plain.origin}/`);
    return page;
  }

  it('links, redirects, fetch and WebSocket work as in the network of the device', async () => {
    const page = await throughProxy();
    expect(await run(page, FETCHED)).toContain('<h1>/api</h1>');
    expect(await run(page, FIRST_MESSAGE)).toBe(`https for ${plain.origin}`);
    await page.click('#link');
    await page.waitForURL(`${secure.origin}/linked`);
    await page.goto(`${plain.origin}/go`);
    expect([page.url(), await title(page)]).toEqual([`${secure.origin}/gone`, 'secure']);
  });

  it('what is not permitted is named, and never dialled from here', async () => {
    const page = await throughProxy();
    const answer = await page.goto(`${elsewhere.origin}/stray`);
    expect(answer?.status()).toBe(403);
    expect(await page.textContent('body')).toContain(`${elsewhere.origin} is not part of this session`);
    expect(elsewhere.seen).toEqual([]);
  });
});
