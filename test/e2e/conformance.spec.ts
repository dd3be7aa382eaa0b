import { createHash, randomBytes } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { sha256Hex } from '../../src/tunnel/sha256';
import { ConformanceDevice, FILE, page } from '../support/device/conformance-device';
import { Visit, type Answer, type Ask, type Site } from '../support/browser/browser-visit';
import { Site as SiteAt } from '../support/browser/browser-visit';
import { TestStage } from '../support/stage/test-stage';

let device: ConformanceDevice;
let on: TestStage;
let visit: Visit;
let direct: Site;
let relayed: Site;
beforeAll(async () => {
  device = await ConformanceDevice.start();
  direct = new SiteAt(device.origin, device.port);
  on = await TestStage.set({ applications: [{ device: 'demo-mfp', id: 'conformance', target: device.origin }] });
  visit = await Visit.approved(on, 'demo-mfp', 'conformance');
  relayed = await visit.enter();
});
afterAll(async () => {
  await visit?.end();
  await on?.strike();
  await device?.stop();
});

/** Fields of each connection's own (RFC 9110 7.6.1), and the clock. */
const HOP = ['connection', 'keep-alive', 'transfer-encoding', 'date'];
/** What a session changes on purpose; each has a test of its own below. */
const CHANGED = ['content-security-policy', 'x-frame-options'];

/** An answer with everything that has to be the same on both ways; the names of the site are made the same. */
function essence(answer: Answer, site: Site) {
  const named = (text: string) => text.replaceAll(site.origin, 'ORIGIN').replaceAll(site.authority, 'AUTHORITY');
  const headers: string[] = [];
  for (let at = 0; at < answer.rawHeaders.length; at += 2) {
    const [name = '', value = ''] = answer.rawHeaders.slice(at, at + 2);
    if (![...HOP, ...CHANGED].includes(name.toLowerCase())) headers.push(`${name}: ${named(value)}`);
  }
  const { status, reason, trailers, interim, complete } = answer;
  const isText = /text|json/.test(answer.headers['content-type'] ?? '') && !answer.headers['content-encoding'];
  // a device may say in a text what it likes
  const body = isText ? named(answer.text).replaceAll(device.authority, 'AUTHORITY') : sha256Hex(answer.body);
  return { status, reason, headers, body, trailers, interim, complete };
}

const both = async (path: string, ask: Ask = {}, through = (site: Site) => site.ask(path, ask)) => ({
  one: essence(await through(direct), direct),
  other: essence(await through(relayed), relayed),
});

const upload = randomBytes(3_000_000);
const chunked = { 'Transfer-Encoding': 'chunked' };
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const CASES: [name: string, path: string, ask?: Ask][] = [
  ['a text', '/echo'],
  ['a query as it is', '/echo?a=%20b&c=d%2Fe;f=[g]&&='],
  ['a path as it is', '/echo/../echo/%2e%2e//x'],
  ...[200, 201, 204, 205, 301, 400, 401, 404, 500, 503].map((status): [string, string] => [
    `a ${status}`,
    `/status/${status}`,
  ]),
  ...['absolute', 'relative', 'path', 'scheme', 'elsewhere'].map((to): [string, string] => [
    `a redirect: ${to}`,
    `/redirect/${to}`,
  ]),
  ...[301, 303, 307, 308].map((code): [string, string] => [
    `a redirect with ${code}`,
    `/redirect/absolute?code=${code}`,
  ]),
  ['a refresh', '/refresh'],
  ['a form', '/form', { method: 'POST', headers: form, body: 'a=1&b=%C3%BC' }],
  ['an empty POST', '/echo', { method: 'POST', headers: { 'Content-Length': '0' } }],
  [
    'an upload with its length',
    '/echo',
    { method: 'PUT', headers: { 'Content-Length': `${upload.length}` }, body: upload },
  ],
  ['an upload in chunks', '/echo', { method: 'POST', headers: chunked, body: upload }],
  [
    'a request with trailers',
    '/echo',
    { method: 'POST', headers: { ...chunked, Trailer: 'X-T' }, body: 'x', trailers: { 'X-T': '1' } },
  ],
  ['a DELETE with content', '/echo', { method: 'DELETE', headers: { 'Content-Length': '3' }, body: 'abc' }],
  ['OPTIONS', '/echo', { method: 'OPTIONS' }],
  ['PROPFIND', '/echo', { method: 'PROPFIND' }],
  [
    '100-continue',
    '/echo',
    { method: 'POST', headers: { Expect: '100-continue', 'Content-Length': '5' }, body: 'hello' },
  ],
  [
    'an expectation that is refused',
    '/expect-refused',
    { method: 'POST', headers: { Expect: '100-continue', 'Content-Length': '5' }, body: 'hello' },
  ],
  ['an early answer', '/early', { method: 'POST', headers: { 'Content-Length': '5' }, body: 'hello' }],
  ['a file', '/file'],
  ['a HEAD', '/file', { method: 'HEAD' }],
  ['a range', '/file', { headers: { Range: 'bytes=1000-1999' } }],
  ['a resumed download', '/file', { headers: { Range: 'bytes=999000-', 'If-Range': '"file-1"' } }],
  ['a file that has changed', '/file', { headers: { Range: 'bytes=999000-', 'If-Range': '"file-0"' } }],
  ['a range beyond the end', '/file', { headers: { Range: 'bytes=1000000-' } }],
  ['a 304', '/file', { headers: { 'If-None-Match': '"file-1"' } }],
  ['gzip', '/gzip', { headers: { 'Accept-Encoding': 'gzip' } }],
  ['chunks', '/chunked'],
  ['trailers', '/trailers', { headers: { TE: 'trailers' } }],
  ['a response that ends with its connection', '/until-close'],
  ['a response that is cut', '/cut'],
  ['early hints', '/hints'],
  ['server-sent events', '/events'],
  ['Basic: the challenge', '/basic'],
  [
    'Basic: the login',
    '/basic',
    { headers: { Authorization: `Basic ${Buffer.from('admin:secret').toString('base64')}` } },
  ],
  ['headers of no proper spelling', '/sloppy'],
  ['a header of 12 KB', '/big-header?bytes=12000'],
];

describe('through a session as directly', () => {
  it.each(CASES.map(([name, path, ask = {}]) => [name, path, ask] as const))('%s', async (_name, path, ask) => {
    const { one, other } = await both(path, ask);
    expect(other).toEqual(one);
  });

  it('Digest', async () => {
    const login = async (site: Site) => {
      const challenge = (await site.ask('/digest')).headers['www-authenticate'] ?? '';
      const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1];
      const md5 = (text: string) => createHash('md5').update(text).digest('hex');
      const response = md5([md5('admin:device:secret'), nonce, '00000001', 'c', 'auth', md5('GET:/digest')].join(':'));
      const parts = `username="admin", realm="device", nonce="${nonce}", uri="/digest", qop=auth, nc=00000001, cnonce="c"`;
      return site.ask('/digest', { headers: { Authorization: `Digest ${parts}, response="${response}"` } });
    };
    const { one, other } = await both('', {}, login);
    expect(other).toEqual(one);
    expect(one.body).toBe('logged in');
  });

  it('what the device sees of a request, but for its names', async () => {
    const headers = {
      Origin: 'HERE',
      Referer: 'HERE/page?x=1',
      Cookie: 'a=1; b=2',
      'X-Custom': 'kept',
      'Accept-Language': 'de',
      Connection: 'X-Hop',
      'X-Hop': 'mine',
    };
    const seen = async (site: Site) => {
      const own = Object.entries(headers).map(([name, value]) => [name, value.replace('HERE', site.origin)]);
      const answer = await site.ask('/echo', { headers: Object.fromEntries(own) as Record<string, string> });
      return (JSON.parse(answer.text) as { headers: Record<string, string> }).headers;
    };
    const { 'x-hop': _own, ...expected } = await seen(direct);
    expect(await seen(relayed)).toEqual(expected);
    expect(expected).toMatchObject({ host: device.authority, origin: device.origin, cookie: 'a=1; b=2' });
  });
});

describe('what a session changes on purpose', () => {
  it('cookies: no Domain, no Secure over http, none in our name', async () => {
    expect((await relayed.ask('/cookies')).headers['set-cookie']).toEqual([
      'plain=1',
      'domain=2; Path=/sub',
      'secure=3; HttpOnly',
      'none=4',
      'strict=5; SameSite=Strict; Max-Age=60',
    ]);
  });

  it.each([
    ['as it is', 'page', (body: Buffer) => body],
    ['in gzip', 'page-gzip', gunzipSync],
    ['in brotli', 'page-br', brotliDecompressSync],
  ])('absolute links in a page: %s', async (_, path, unpacked) => {
    const one = await direct.ask(`/${path}`);
    const other = await relayed.ask(`/${path}`);
    const [before, after] = [unpacked(one.body).toString(), unpacked(other.body).toString()];
    expect(before).toBe(page(device.origin));
    const [markup = '', script] = page(relayed.origin).split('<script>');
    expect(after).toBe(`${markup}<script>${script?.replace(relayed.origin, device.origin)}`);
    expect(other.headers['content-encoding']).toBe(one.headers['content-encoding']);
  });

  it('the tag of such a page, there and back', async () => {
    const { etag = '' } = (await relayed.ask('/page')).headers;
    expect(etag).toBe('W/"v1;platen"');
    const { text } = await relayed.ask('/echo', { headers: { 'If-None-Match': etag } });
    expect((JSON.parse(text) as { headers: object }).headers).toMatchObject({ 'if-none-match': '"v1"' });
  });

  it('who may show it in a frame, and what would reach beyond its origin', async () => {
    const { headers } = await relayed.ask('/security');
    const framing = `frame-ancestors 'self' ${on.stage.serverUrl}`;
    const policies = (from: Answer) => String(from.headers['content-security-policy']).split(', ');
    expect(policies({ headers } as Answer)[0]).toBe(`default-src 'self' ${relayed.origin}; ${framing}`);
    expect(headers['x-frame-options']).toBeUndefined();
    expect(headers['clear-site-data']).toBe('"cache"');
    expect(headers['alt-svc']).toBeUndefined();
    expect(headers['access-control-allow-origin']).toBe('https://example.com');
    const [first, staying] = policies(await relayed.ask('/echo'));
    expect(first).toBe(framing);
    expect(staying).toMatch(/^default-src 'self' .*; form-action 'self' /);
  });

  it('fields of the connection to the device', async () => {
    const { headers } = await relayed.ask('/hop');
    expect(headers['x-hop']).toBeUndefined();
    expect(headers['keep-alive']).not.toBe('timeout=7');
    expect(headers['x-end']).toBe('kept');
  });

  it.each([
    ['an answer that is not HTTP', '/garbage', 502, /is not valid HTTP/],
    ['no answer', '/cut-before', 502, /closed the connection without an answer/],
    ['a header that is too long', '/big-header?bytes=70000', 502, /its header is too long/],
  ])('%s: a clear page', async (_, path, status, words) => {
    const answer = await relayed.ask(path);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(words);
  });

  it('nothing of a file', async () => expect((await relayed.ask('/file')).body.equals(FILE)).toBe(true));
});
