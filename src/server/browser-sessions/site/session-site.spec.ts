import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  createGunzip,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
} from 'node:zlib';
import type { HttpAdapterHost } from '@nestjs/core';
import { Site, type Answer, type Ask } from '../../../../test/support/browser/browser-visit';
import { openSession, terminated, type OpenedSession } from '../../../../test/support/browser/opened-session';
import { recordedJournal } from '../../../../test/support/recorded-journal';
import { setLimit } from '../../../../test/support/relay/test-relay';
import { readConfig } from '../../config/config';
import { HostRouter } from '../../http/host-router';
import { KnownHosts } from '../../http/known-hosts';
import type { BrowserSessions, EndedOrigin } from '../browser-sessions.service';
import { SessionOrigins } from './session-origins';
import { SessionSite } from './session-site';

const CONSOLE = 'https://platen.example';
const OWN = 'https://s-aa.sessions.example';
const OTHER = 'https://s-bb.sessions.example';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

let device: Server;
let server: Server;
let opened: OpenedSession;
let site: Site;
/** By label. */
const ended = new Map<string, EndedOrigin>();
/** What has reached the device. */
let seen: IncomingMessage[] = [];
const answers: Record<string, (response: ServerResponse) => void> = {};

const listening = async (server: Server): Promise<number> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
};

beforeEach(async () => {
  setLimit('BROWSER_COOKIE_PAUSE_MS', 0);
  seen = [];
  device = createServer((request, response) => {
    seen.push(request);
    const [path = ''] = (request.url ?? '').split('?');
    if (answers[path]) answers[path](response);
    else response.end('the device');
  });
  opened = await openSession(await listening(device), { label: 'aa', origin: OWN, consoleOrigin: CONSOLE });
  const config = readConfig({ PLATEN_PUBLIC_URL: CONSOLE, PLATEN_SESSION_DOMAIN: 'sessions.example' });
  const router = new HostRouter();
  const origins = new SessionOrigins(config, {} as HttpAdapterHost);
  const sessions = {
    find: (label: string) => (label === 'aa' ? opened.session : undefined),
    ended: (label: string) => ended.get(label),
  } as BrowserSessions;
  new SessionSite(router, origins, sessions, recordedJournal().journal, config).onModuleInit();
  server = createServer((_request, response) => response.end('console'));
  router.attach(server, new KnownHosts(config));
  const port = await listening(server);
  const entry = opened.session.entries.tab.issue();
  site = new Site(OWN, port, `__Host-platen=${entry}`);
});
afterEach(async () => {
  jest.restoreAllMocks(); // limits
  ended.clear();
  for (const path of Object.keys(answers)) delete answers[path];
  await opened.stop();
  for (const each of [server, device]) {
    each.closeAllConnections();
    await new Promise((resolve) => each.close(resolve));
  }
});
const framed = (): Site => new Site(OWN, site.port, `__Host-platen=${opened.session.entries.frame.issue()}`);

describe('a request of another page', () => {
  const navigation = { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  it.each([
    ['a POST of another session', 'POST', '/', { 'Sec-Fetch-Site': 'same-site', Origin: OTHER }],
    [
      'a POST of another session, which hides its origin',
      'POST',
      '/',
      { 'Sec-Fetch-Site': 'same-site', Origin: 'null' },
    ],
    ['a form of another session in its own tab', 'POST', '/', { ...navigation, Origin: OTHER }],
    ['a form of another site', 'POST', '/', { ...navigation, 'Sec-Fetch-Site': 'cross-site' }],
    ['a POST in an older browser', 'POST', '/', { Origin: OTHER }],
    ['a POST in an older browser, which hides its origin', 'POST', '/', { Origin: 'null' }],
    ['an image', 'GET', '/', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' }],
    ['a link to an action', 'GET', '/reboot', navigation],
    ['a link to the start page', 'GET', '/', navigation],
    ['a frame of the start page', 'GET', '/', { ...navigation, 'Sec-Fetch-Dest': 'iframe' }],
    ['a PUT that names the session as its origin', 'PUT', '/', { 'Sec-Fetch-Site': 'same-site', Origin: OWN }],
  ])('does not reach the device: %s', async (_name, method, path, headers) => {
    const answer = await site.ask(path, { method, headers: headers });
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('Request from another page')]);
    expect(seen).toEqual([]);
  });

  it.each([
    ['of the session itself', 'POST', '/', { 'Sec-Fetch-Site': 'same-origin', Origin: OWN }],
    ['of the session itself, which hides its origin', 'POST', '/', { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }],
    ['of the session itself in an older browser', 'POST', '/', { Origin: OWN }],
    ['of the address bar', 'GET', '/a?b', { ...navigation, 'Sec-Fetch-Site': 'none' }],
    ['of a program', 'POST', '/', {}],
  ])('does not keep out a request %s', async (_name, method, path, headers) => {
    const answer = await site.ask(path, { method, headers: headers });
    expect([answer.status, answer.text]).toEqual([200, 'the device']);
  });

  it('does not open a WebSocket', async () => {
    for (const [origin, from] of [
      [OTHER, 'cross-site'],
      [OWN, 'same-site'],
    ] as const) {
      const headers = { Connection: 'Upgrade', Upgrade: 'websocket', Origin: origin, 'Sec-Fetch-Site': from };
      expect((await site.ask('/ws', { headers })).status).toBe(403);
    }
    expect(seen).toEqual([]);
  });
});

describe('an entry ticket', () => {
  const submit = (headers: Record<string, string>): Promise<Answer> =>
    new Site(OWN, site.port).ask('/.platen/enter', {
      method: 'POST',
      headers: { ...FORM, ...headers },
      body: `ticket=${opened.session.tickets.issue()}`,
    });
  it.each([OTHER, OWN, 'https://elsewhere.example', 'null'])('is not accepted from %s', async (Origin) => {
    const answer = await submit({ Origin });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined]);
    expect(answer.text).toContain('Not opened from the console');
  });
  it.each([[{ Origin: CONSOLE }], [{}]])('is accepted from %j', async (headers) => {
    const answer = await submit(headers);
    // a redirect would make what follows a request of the console
    expect([answer.status, answer.headers.refresh, answer.headers.location]).toEqual([200, '0; url=/', undefined]);
    expect(answer.headers['set-cookie']).toHaveLength(1);
  });
});

describe('a service worker', () => {
  it.each([
    ['Service-Worker', 'script'],
    ['Sec-Fetch-Dest', 'serviceworker'],
  ])('is not loaded: %s: %s', async (name, value) => {
    const headers = { 'Sec-Fetch-Site': 'same-origin', [name]: value };
    const answer = await site.ask('/worker.js', { headers });
    expect([answer.status, answer.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
    expect(seen).toEqual([]);
  });
  it('is not taken from the cache as an ordinary script, nor given a wider scope', async () => {
    answers['/a.js'] = (response) => {
      response.writeHead(200, { 'Content-Type': 'text/javascript', 'Service-Worker-Allowed': '/', Vary: 'Accept' });
      response.end('1');
    };
    const { status, headers } = await site.ask('/a.js');
    expect([status, headers['service-worker-allowed'], headers.vary]).toEqual([
      200,
      undefined,
      'Accept, Service-Worker',
    ]);
  });
  it('does not keep out other workers', async () => {
    const headers = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'worker' };
    expect((await site.ask('/worker.js', { headers })).status).toBe(200);
  });
});

describe('a cookie that another host may have set', () => {
  it('is removed for the session domain before the request reaches the device', async () => {
    const headers = { Cookie: 'tossed=1' };
    const first = await site.ask('/a/b?c', { headers });
    expect([first.status, first.headers.location]).toEqual([307, `${OWN}/a/b?c`]);
    expect(first.headers['set-cookie']).toEqual(
      ['/', '/a', '/a/', '/a/b'].map((path) => `tossed=; Path=${path}; Max-Age=0; Domain=sessions.example; Secure`),
    );
    expect(seen).toEqual([]);
    // what the browser still sends is the session's own
    expect((await site.ask('/a/b?c', { headers })).status).toBe(200);
    expect(seen.map(({ headers }) => headers.cookie)).toEqual(['tossed=1']);
  });
  it('leads nowhere else, however the path is written', async () => {
    const answer = await site.ask('//elsewhere.example/', { headers: { Cookie: 'x=1' } });
    expect(answer.headers.location).toBe(`${OWN}//elsewhere.example/`);
  });
  it('is removed from frames, too, partitioned or not', async () => {
    const { headers } = await framed().ask('/', { headers: { Cookie: 'x=1' } });
    const removal = 'x=; Path=/; Max-Age=0; Domain=sessions.example; SameSite=None; Secure';
    expect(headers['set-cookie']).toEqual([`${removal}; Partitioned`, removal]);
  });
  it('does not hold up a form, nor everything while a page keeps setting others', async () => {
    expect((await site.ask('/', { method: 'POST', headers: { Cookie: 'a=1' }, body: 'x' })).status).toBe(200);
    setLimit('BROWSER_COOKIE_PAUSE_MS', 600_000);
    expect((await site.ask('/', { headers: { Cookie: 'b=1' } })).status).toBe(307);
    expect((await site.ask('/', { headers: { Cookie: 'c=1' } })).status).toBe(200);
  });
  it('is removed within a bounded header', async () => {
    const Cookie = Array.from({ length: 150 }, (_, n) => `${'n'.repeat(80)}${n}=`).join('; ');
    const { status, headers } = await site.ask(`/${'a/'.repeat(200)}`, { headers: { Cookie } });
    expect(status).toBe(307);
    expect(Buffer.byteLength((headers['set-cookie'] ?? []).join())).toBeLessThan(4_000);
  });
});

describe('after the end of the session', () => {
  it('each browser is asked once to remove what the pages have stored', async () => {
    opened.close(terminated('requested'));
    ended.set('aa', { ...(await opened.session.over), consoleOrigin: CONSOLE });
    const headers = { Cookie: 'a=1' };
    const answer = await site.ask('/x', { headers });
    expect([answer.status, answer.headers['clear-site-data']]).toEqual([410, '"cache", "storage"']);
    const removed = answer.headers['set-cookie']!;
    for (const own of ['__Host-platen=; Path=/; Max-Age=0; Secure', 'a=; Path=/; Max-Age=0; Secure'])
      expect(removed).toContain(own);
    expect(removed).toContain('__Host-platen=; Path=/; Max-Age=0; SameSite=None; Secure; Partitioned');
    const later = await new Site(OWN, site.port).ask('/x', { headers });
    expect([later.status, later.headers['clear-site-data']]).toEqual([410, undefined]);
  });
  it('also when the server knows no more of it', async () => {
    const answer = await new Site(OTHER, site.port, site.cookie).ask('/');
    expect([answer.status, answer.headers['clear-site-data']]).toEqual([404, '"cache", "storage"']);
  });
});

describe('a page of the device', () => {
  const link = Buffer.from('<a href="http://192.168.1.20/a">');
  const translated = `<a href="${OWN}/a">`;
  const sends = (body: Buffer, headers: Record<string, string> = {}): void => {
    answers['/page'] = (response) => {
      response.writeHead(200, { 'Content-Type': 'text/html', ...headers });
      response.end(body);
    };
  };
  const gzip = { 'Content-Encoding': 'gzip' };
  const huge = Buffer.alloc(20_000_000, 'a');

  it.each([
    ['gzip', gzipSync(huge)],
    ['br', brotliCompressSync(huge)],
    ['x-gzip', gzipSync(huge)],
    ['deflate', deflateSync(huge)],
    ['Deflate', deflateRawSync(huge)],
  ])('is refused when %s makes little into very much', async (coding, body) => {
    setLimit('BROWSER_HTML_FIRST_MS', 600_000); // the part that decides may come slowly
    sends(body, { 'Content-Encoding': coding });
    const { status, text } = await site.ask('/page');
    expect([status, text]).toEqual([502, expect.stringContaining('Page refused')]);
  });
  it('is cut when it becomes very much later', async () => {
    setLimit('BROWSER_HTML_RATIO', 20);
    sends(gzipSync(Buffer.concat([Buffer.from(randomBytes(200_000).toString('hex')), Buffer.alloc(20_000_000)])), gzip);
    const { status, complete } = await site.ask('/page');
    expect([status, complete]).toEqual([200, false]);
  });
  it.each([
    ['is not compressed as it says', link],
    ['is damaged', Buffer.concat([gzipSync(link).subarray(0, 12), randomBytes(100)])],
  ])('that %s is replaced by a page that says so', async (_how, body) => {
    sends(body, gzip);
    const { status, text } = await site.ask('/page');
    expect([status, text]).toEqual([502, expect.stringContaining('No readable page')]);
  });
  it.each([
    ['zstd', randomBytes(1_000)],
    ['gzip, gzip', gzipSync(gzipSync(link))],
  ])('is not shown in a coding that is not readable: %s', async (coding, body) => {
    sends(body, { 'Content-Encoding': coding });
    const answer = await site.ask('/page');
    expect([answer.status, answer.headers['content-encoding']]).toEqual([502, undefined]);
    expect(answer.text).toContain(`not asked for: ${coding}.`);
  });
  it.each([
    ['a file', 'application/octet-stream', 'zstd'],
    ['a page that must not be changed', 'text/html', 'zstd'],
  ])('and everything else passes in it: %s', async (_what, type, coding) => {
    const body = randomBytes(1_000);
    const fields = { 'Content-Type': type, 'Cache-Control': 'no-transform', 'Content-Encoding': coding };
    sends(body, fields);
    const answer = await site.ask('/page');
    expect([answer.status, answer.headers['content-encoding'], answer.body.equals(body)]).toEqual([200, coding, true]);
  });
  it('is asked for in readable codings only', async () => {
    for (const [accepted, asked] of [
      ['gzip, deflate, br, zstd', 'gzip, deflate, br'],
      ['zstd;q=1.0, x-gzip;q=0.5', 'x-gzip;q=0.5'],
      ['zstd, *', 'identity'],
      ['gzip,br', 'gzip,br'],
    ] as const) {
      await site.ask('/page', { headers: { 'Accept-Encoding': accepted } });
      expect(seen.at(-1)!.headers['accept-encoding']).toBe(asked);
    }
  });
  it.each([
    ['plain', (body: Buffer) => body, {}, (body: Buffer) => body],
    ['gzip', gzipSync, gzip, gunzipSync],
    ['br', brotliCompressSync, { 'Content-Encoding': 'br' }, brotliDecompressSync],
    ['deflate', deflateSync, { 'Content-Encoding': 'deflate' }, inflateSync],
    ['deflate without its header', deflateRawSync, { 'Content-Encoding': 'deflate' }, inflateSync],
    ['a name that is no coding', (body: Buffer) => body, { 'Content-Encoding': 'utf-8' }, (body: Buffer) => body],
  ])('is translated up to a limit, and passes on as it is: %s', async (_coding, encode, headers, decode) => {
    setLimit('BROWSER_HTML_BYTES', 100_000);
    const filling = Buffer.from(randomBytes(100_000).toString('hex'));
    sends(encode(Buffer.concat([link, filling, link])), headers);
    const answer = await site.ask('/page');
    expect([answer.status, answer.complete]).toEqual([200, true]);
    const text = decode(answer.body).toString();
    expect(text.startsWith(translated)).toBe(true);
    expect(text.endsWith(link.toString())).toBe(true);
    expect(text.length).toBe(translated.length + filling.length + link.length);
  });
  it('is shown while it is still being sent', async () => {
    const coded = gzipSync(link, { finishFlush: constants.Z_SYNC_FLUSH });
    answers['/page'] = (response) => {
      response.writeHead(200, { 'Content-Type': 'text/html', ...gzip });
      response.write(coded);
    };
    const headers = { Host: site.authority, Cookie: site.cookie };
    const sent = request({ host: '127.0.0.1', port: site.port, path: '/page', headers, agent: false });
    sent.on('error', () => undefined).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const decoded = answer.pipe(createGunzip()).on('error', () => undefined);
    const [first] = (await once(decoded, 'data')) as [Buffer];
    expect(translated.startsWith(first.toString())).toBe(true);
    sent.destroy();
  });
  it('is shown as far as the device has compressed it', async () => {
    sends(gzipSync(Buffer.concat([link, randomBytes(1_000)])).subarray(0, 500), gzip);
    const { body } = await site.ask('/page');
    expect(gunzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH }).toString()).toContain(translated);
  });
});

describe("another of the application's origins", () => {
  const SECURE = 'https://s-aa-1.sessions.example';
  const SAME_SITE = { 'Sec-Fetch-Site': 'same-site' };
  let secure: Server;
  let other: Site;
  /** What has reached it. */
  let seenThere: IncomingMessage[];
  /** Further fields of its answers. */
  let policy: Record<string, string>;
  beforeEach(async () => {
    [seenThere, policy] = [[], {}];
    secure = createServer((request, response) => {
      seenThere.push(request);
      const allowed = { 'Access-Control-Allow-Origin': 'http://192.168.1.20' };
      response.writeHead(200, { 'Content-Type': 'text/html', ...allowed, ...policy });
      response.end('<a href="http://192.168.1.20/a"><a href="https://192.168.1.20/b"><a href="//192.168.1.20/c">');
    });
    await opened.stop();
    const facts = { label: 'aa', origin: OWN, consoleOrigin: CONSOLE };
    const others = { 'https://192.168.1.20': await listening(secure) };
    opened = await openSession((device.address() as AddressInfo).port, facts, others);
    await opened.session.origins();
    const cookie = `__Host-platen=${opened.session.entries.tab.issue()}`;
    site = new Site(OWN, site.port, cookie);
    other = new Site(SECURE, site.port, cookie);
  });
  afterEach(async () => {
    secure.closeAllConnections();
    await new Promise((resolve) => secure.close(resolve));
  });
  const redirects = (Location: string): void => {
    answers['/'] = (response) => response.writeHead(301, { Location }).end();
  };

  it('has an origin in the browser, to which a redirect leads', async () => {
    redirects('https://192.168.1.20/x');
    expect((await site.ask('/')).headers.location).toBe(`${SECURE}/x`);
    // as the browser follows it
    const { status, text } = await other.ask('/x', { headers: { ...SAME_SITE, Referer: `${OWN}/` } });
    expect([status, text]).toEqual([
      200,
      `<a href="${OWN}/a"><a href="${SECURE}/b"><a href="//s-aa-1.sessions.example/c">`,
    ]);
    expect(seenThere.map(({ url, headers }) => [url, headers.host])).toEqual([['/x', '192.168.1.20']]);
  });

  it('may be requested by the first, under its own name there', async () => {
    const answer = await other.ask('/api', { method: 'POST', headers: { ...SAME_SITE, Origin: OWN }, body: 'x' });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, OWN]);
    expect(seenThere.map(({ headers }) => headers.origin)).toEqual(['http://192.168.1.20']);
  });
  it.each([
    ['another session', { ...SAME_SITE, Origin: OTHER }],
    ['a page that hides where it is', SAME_SITE],
    ['another site', { 'Sec-Fetch-Site': 'cross-site', Referer: 'https://elsewhere.example/' }],
    ['an older browser', { Origin: OTHER }],
  ])('may not be requested by %s', async (_who, headers) => {
    expect((await other.ask('/', { headers })).status).toBe(403);
    expect(seenThere).toEqual([]);
  });

  it('is entered together with the first, by its page only', async () => {
    const ticket = opened.session.tickets.issue();
    const entered = await new Site(OWN, site.port).ask('/.platen/enter', {
      method: 'POST',
      headers: { ...FORM, Origin: CONSOLE },
      body: `ticket=${ticket}`,
    });
    expect(entered.headers['content-security-policy']).toContain(`connect-src ${SECURE};`);
    // without scripts, the first site alone
    expect(entered.headers.refresh).toBeUndefined();
    expect(entered.text).toContain('<noscript><meta http-equiv="refresh" content="0; url=/"></noscript>');
    const [, url, body] = /"(https:[^"]+)","(ticket=[^"]+)"/.exec(entered.text)!;
    expect(url).toBe(SECURE);
    const cross = (Origin: string): Promise<Answer> =>
      new Site(SECURE, site.port).ask('/.platen/enter', { method: 'POST', headers: { ...FORM, Origin }, body });
    for (const origin of [OTHER, CONSOLE, 'null']) expect((await cross(origin)).headers['set-cookie']).toBeUndefined();
    const crossed = await cross(OWN);
    expect([crossed.status, crossed.headers['set-cookie']?.[0]]).toEqual([
      204,
      expect.stringMatching(/^__Host-platen=/),
    ]);
    expect((await cross(OWN)).status).toBe(403); // used
    expect((await new Site(SECURE, site.port).ask('/')).status).toBe(403);
  });

  describe('for a page of the first, across origins', () => {
    const FROM = { ...SAME_SITE, 'Sec-Fetch-Mode': 'cors', Origin: OWN };
    const asking = (names: string) => ({
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': names,
    });
    /** Without a cookie, as browsers ask. */
    const asked = (origin: string): Promise<Answer> =>
      new Site(SECURE, site.port).ask('/api', {
        method: 'OPTIONS',
        headers: { ...FROM, ...asking('x-token'), Origin: origin },
      });

    it('permits every request beforehand, without asking the device', async () => {
      const { status, headers } = await asked(OWN);
      expect([status, seenThere]).toEqual([204, []]);
      expect(headers).toMatchObject({
        'access-control-allow-origin': OWN,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'PUT',
        'access-control-allow-headers': 'x-token',
      });
    });
    it.each([OTHER, CONSOLE, 'https://192.168.1.20', 'null'])('permits nothing to %s', async (origin) => {
      const { status, headers } = await asked(origin);
      expect([status, headers['access-control-allow-origin']]).toEqual([403, undefined]);
      expect(seenThere).toEqual([]);
    });

    const TOKEN = { method: 'PUT', headers: { ...FROM, 'X-Token': 't' } };
    const CREDENTIALS = { 'Access-Control-Allow-Credentials': 'true' };
    const METHOD = { 'Access-Control-Allow-Methods': 'GET, PUT' };
    const FIELD = { 'Access-Control-Allow-Headers': 'Other, X-token' };
    const ANY = {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': '*',
      'Access-Control-Allow-Headers': '*',
    };
    const omitted = { ...TOKEN, headers: { ...TOKEN.headers, 'Platen-Credentials': 'omit' } };
    const bearer = { ...omitted, headers: { ...omitted.headers, Authorization: 'Bearer x' } };
    const json = { method: 'POST', headers: { ...FROM, 'Content-Type': 'application/json' }, body: '{}' };
    it.each<readonly [string, Ask, Record<string, string>, boolean]>([
      ['permits it', TOKEN, { ...CREDENTIALS, ...METHOD, ...FIELD }, true],
      ['says nothing about credentials', TOKEN, { ...METHOD, ...FIELD }, false],
      ['does not permit the method', TOKEN, { ...CREDENTIALS, ...FIELD }, false],
      ['does not permit the field', TOKEN, { ...CREDENTIALS, ...METHOD }, false],
      [
        'permits another origin',
        TOKEN,
        { ...CREDENTIALS, ...METHOD, ...FIELD, 'Access-Control-Allow-Origin': 'x' },
        false,
      ],
      ['permits everything, but no credentials', TOKEN, { ...CREDENTIALS, ...ANY }, false],
      ['permits everything to a request without', omitted, ANY, true],
      ['does not name the login that a page adds', bearer, ANY, false],
      ['names it', bearer, { ...ANY, 'Access-Control-Allow-Headers': 'authorization, x-token' }, true],
      ['does not permit a type', json, CREDENTIALS, false],
      ['permits a type', json, { ...CREDENTIALS, 'Access-Control-Allow-Headers': 'content-type' }, true],
    ])('asks the device before the request itself, which %s', async (_what, ask, permitted, reaches) => {
      policy = permitted;
      const { status } = await other.ask('/api', ask);
      expect([status, seenThere.map(({ method }) => method)]).toEqual(
        reaches ? [200, ['OPTIONS', ask.method]] : [403, ['OPTIONS']],
      );
      const [{ headers }] = seenThere as [IncomingMessage];
      expect(headers).toMatchObject({
        host: '192.168.1.20',
        origin: 'http://192.168.1.20',
        'access-control-request-method': ask.method,
      });
      expect(headers.cookie).toBeUndefined();
    });

    it.each<readonly [string, Ask]>([
      ['GET', { headers: FROM }],
      ['a form', { method: 'POST', headers: { ...FROM, ...FORM }, body: 'a=b' }],
      ['one that browsers complete', { headers: { ...FROM, 'If-None-Match': 'x', DNT: '1', 'Sec-CH-UA': 'x' } }],
    ])('does not ask it before %s', async (_what, ask) => {
      expect((await other.ask('/api', ask)).status).toBe(200);
      expect(seenThere).toHaveLength(1);
    });

    it('keeps credentials from the device that the page did not want to send, and what it sets', async () => {
      policy = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': '*', 'Set-Cookie': 'b=c' };
      const ask = (Authorization: string): Promise<Answer> =>
        other.ask('/api', { headers: { ...FROM, 'Platen-Credentials': 'omit', Cookie: 'a=b', Authorization } });
      policy['Access-Control-Allow-Headers'] = 'authorization';
      const open = { 'access-control-allow-origin': OWN, 'access-control-allow-credentials': 'true' };
      const checked = await ask('Basic eDp5'); // the cookie
      expect([checked.status, checked.headers]).toEqual([307, expect.objectContaining(open)]);
      const { headers } = await ask('Basic eDp5');
      expect(headers).toMatchObject(open);
      expect(headers['access-control-expose-headers']).toContain('content-type');
      expect(headers['set-cookie']).toBeUndefined();
      await ask('Bearer x');
      const seen = seenThere.filter(({ method }) => method === 'GET').map(({ headers }) => headers);
      expect(seen.map(({ cookie, authorization }) => [cookie, authorization])).toEqual([
        [undefined, undefined],
        [undefined, 'Bearer x'],
      ]);
      expect(seen[0]).not.toHaveProperty('platen-credentials');
    });

    it('has a worker for the pages of both, and no other', async () => {
      for (const each of [OWN, SECURE]) {
        const at = new Site(each, site.port);
        const load = { 'Service-Worker': 'script', 'Sec-Fetch-Dest': 'serviceworker' };
        const { status, headers, text } = await at.ask('/.platen/crossing.js', { headers: load });
        expect([status, headers['service-worker-allowed']]).toEqual([200, '/']);
        expect(headers['content-security-policy']).toBe(
          "default-src 'none'; connect-src 'self' https://*.sessions.example",
        );
        expect(text).toContain('Platen-Credentials'.toLowerCase());
        expect((await at.ask('/other.js', { headers: load })).text).toContain('No service workers');
      }
      const started = await other.ask('/.platen/crossing', { headers: { ...SAME_SITE, Referer: `${OWN}/` } });
      expect(started.headers['content-security-policy']).toContain(
        `frame-ancestors 'self' ${OWN} ${SECURE} ${CONSOLE}`,
      );
      expect((await new Site(SECURE, site.port).ask('/.platen/crossing')).status).toBe(403);
    });
  });

  it('does not exist beyond those that the agent names', async () => {
    const beyond = new Site('https://s-aa-2.sessions.example', site.port, site.cookie);
    expect((await beyond.ask('/')).status).toBe(404);
  });
});

describe('an address that is not part of the session', () => {
  it.each([
    ['http://192.168.1.20:8080/x', 'http://192.168.1.20:8080'],
    ['https://192.168.1.20/', 'https://192.168.1.20'],
    ['//10.0.0.1/', 'http://10.0.0.1'],
    ['http://printer/', 'http://printer'],
    ['http://printer.local/', 'http://printer.local'],
    ['https://[fd00::1]:8443/', 'https://[fd00::1]:8443'],
  ])('is named by a page instead of a redirect or a link to it: %s', async (address, origin) => {
    answers['/'] = (response) => response.writeHead(302, { Location: address }).end();
    const answer = await site.ask('/');
    expect([answer.status, answer.headers.location]).toEqual([403, undefined]);
    expect(answer.text).toContain(`The device leads to ${origin}, which`);

    answers['/page'] = (response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.end(`<a href="${address}"><form action='${address}'><img src="${address}">`);
    };
    const { text } = await site.ask('/page');
    const link = `/.platen/elsewhere?${encodeURIComponent(origin)}`;
    expect(text).toBe(`<a href="${link}"><form action='${link}'><img src="${address}">`);
    const named = await site.ask(link);
    expect([named.status, named.text]).toEqual([403, answer.text]);
    expect(seen.map(({ url }) => url)).toEqual(['/', '/page']);
  });
  describe('is asked for', () => {
    const WANTED = 'https://192.168.1.20';
    const ASK = `/.platen/ask?${encodeURIComponent(WANTED)}`;
    const others: Record<string, number> = {};
    const click = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-User': '?1' };
    beforeEach(async () => {
      delete others[WANTED];
      await opened.stop();
      const facts = { label: 'aa', origin: OWN, consoleOrigin: CONSOLE };
      opened = await openSession((device.address() as AddressInfo).port, facts, others);
      site = new Site(OWN, site.port, `__Host-platen=${opened.session.entries.tab.issue()}`);
    });

    it('with the button of the page, and is entered when the owner has permitted it', async () => {
      const { text } = await site.ask(`/.platen/elsewhere?${encodeURIComponent(WANTED)}`);
      expect(text).toContain(`<form method="post" action="${ASK}"><button>Ask the owner</button></form>`);
      const asked = await site.ask(ASK, { method: 'POST', headers: click });
      expect([asked.status, asked.text]).toEqual([
        403,
        expect.stringContaining('the owner of the device has been asked'),
      ]);

      others[WANTED] = (device.address() as AddressInfo).port;
      const permitted = await site.ask(ASK, { method: 'POST', headers: click });
      expect([permitted.status, permitted.text]).toEqual([
        200,
        expect.stringMatching(/"https:\/\/s-aa-1\.sessions\.example","ticket=/),
      ]);
      expect(permitted.text).toContain('location.replace("https://s-aa-1.sessions.example/")');
    });

    it.each<[string, Ask]>([
      ['a link', {}],
      ['a script of the device', { method: 'POST', headers: { 'Sec-Fetch-Site': 'same-origin' } }],
    ])('by a person only, not by %s', async (_who, how) => {
      const answer = await site.ask(ASK, how);
      expect(answer.text).toContain(`The device leads to ${WANTED}, which`);
    });

    it('not by a page of another origin, or by a browser that has not entered', async () => {
      const foreign = { ...click, 'Sec-Fetch-Site': 'same-site', Origin: OTHER };
      const answers = [
        await site.ask(ASK, { method: 'POST', headers: foreign }),
        await new Site(OWN, site.port).ask(ASK, { method: 'POST', headers: click }),
      ];
      for (const { status, text } of answers) expect([status, text.includes(WANTED)]).toEqual([403, false]);
    });
  });

  it.each(['http://www.example.com/', '/x', 'x.html', 'mailto:a@b', 'http://192.168.1.20/'])(
    'is not: %s',
    async (address) => {
      answers['/'] = (response) => response.writeHead(302, { Location: address }).end();
      expect((await site.ask('/')).headers.location).toBe(address.replace('http://192.168.1.20', OWN));
    },
  );
  it('is not loaded, embedded or submitted to by the scripts of a page', async () => {
    const policy = String((await site.ask('/')).headers['content-security-policy']);
    const own = `'self' ${OWN} ${OWN.replace('https', 'wss')}`;
    expect(policy).toMatch(/(^|, )default-src 'self' /);
    expect(policy).toContain(`default-src ${own} data:`);
    expect(policy).toContain(`form-action ${own}`);
  });
  it('is shown as an origin only, whatever the link says', async () => {
    expect((await site.ask('/.platen/elsewhere?%3Cscript%3E')).status).toBe(404);
    const { text } = await site.ask('/.platen/elsewhere?http%3A%2F%2Fa%2F%3Cscript%3E');
    expect(text).not.toContain('<script>');
  });
});

describe('a session domain', () => {
  it.each([
    ['https://platen.example', 'sessions.example', undefined],
    ['https://platen.example.com', 'sessions.example.com', 'example.com'],
    ['https://example.com', 'sessions.example.com', 'example.com'],
    ['https://console.sessions.example', 'sessions.example', 'sessions.example'],
    ['https://platen.co.jp', 'sessions.co.jp', undefined],
    ['https://platen.example.co.jp', 'sessions.example.co.jp', 'example.co.jp'],
    ['https://notexample.com', 'sessions.example.com', undefined],
    ['http://localhost:8080', 'localhost', undefined],
  ])('of a console at %s: %s shares %s', (PLATEN_PUBLIC_URL, PLATEN_SESSION_DOMAIN, shared) => {
    const config = readConfig({ PLATEN_PUBLIC_URL, PLATEN_SESSION_DOMAIN });
    const origins = new SessionOrigins(config, {} as HttpAdapterHost);
    expect(origins.sharedDomain).toBe(shared);
    const { journal, messages } = recordedJournal();
    new SessionSite(new HostRouter(), origins, {} as BrowserSessions, journal, config).onModuleInit();
    expect(messages()).toHaveLength(shared === undefined ? 0 : 1);
  });
});
