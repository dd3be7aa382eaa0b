import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
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
import { OWN, SiteStage } from '../../../../test/support/browser/site-stage';
import { setLimit } from '../../../../test/support/relay/test-relay';

let on: SiteStage;
beforeEach(async () => {
  setLimit('BROWSER_COOKIE_PAUSE_MS', 0);
  on = await SiteStage.set();
});
afterEach(async () => {
  jest.restoreAllMocks(); // limits
  await on.strike();
});

describe('a page of the device', () => {
  const link = Buffer.from('<a href="http://192.168.1.20/a">');
  const translated = `<a href="${OWN}/a">`;
  const sends = (body: Buffer, headers: Record<string, string> = {}): void => {
    on.answers['/page'] = (response) => {
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
    const { status, text } = await on.site.ask('/page');
    expect([status, text]).toEqual([502, expect.stringContaining('Page refused')]);
  });
  it('is cut when it becomes very much later', async () => {
    setLimit('BROWSER_HTML_RATIO', 20);
    sends(gzipSync(Buffer.concat([Buffer.from(randomBytes(200_000).toString('hex')), Buffer.alloc(20_000_000)])), gzip);
    const { status, complete } = await on.site.ask('/page');
    expect([status, complete]).toEqual([200, false]);
  });
  it.each([
    ['is not compressed as it says', link],
    ['is damaged', Buffer.concat([gzipSync(link).subarray(0, 12), randomBytes(100)])],
  ])('that %s is replaced by a page that says so', async (_how, body) => {
    sends(body, gzip);
    const { status, text } = await on.site.ask('/page');
    expect([status, text]).toEqual([502, expect.stringContaining('No readable page')]);
  });
  it.each([
    ['zstd', randomBytes(1_000)],
    ['gzip, gzip', gzipSync(gzipSync(link))],
  ])('is not shown in a coding that is not readable: %s', async (coding, body) => {
    sends(body, { 'Content-Encoding': coding });
    const answer = await on.site.ask('/page');
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
    const answer = await on.site.ask('/page');
    expect([answer.status, answer.headers['content-encoding'], answer.body.equals(body)]).toEqual([200, coding, true]);
  });
  it('is asked for in readable codings only', async () => {
    for (const [accepted, asked] of [
      ['gzip, deflate, br, zstd', 'gzip, deflate, br'],
      ['zstd;q=1.0, x-gzip;q=0.5', 'x-gzip;q=0.5'],
      ['zstd, *', 'identity'],
      ['gzip,br', 'gzip,br'],
    ] as const) {
      await on.site.ask('/page', { headers: { 'Accept-Encoding': accepted } });
      expect(on.seen.at(-1)!.headers['accept-encoding']).toBe(asked);
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
    const answer = await on.site.ask('/page');
    expect([answer.status, answer.complete]).toEqual([200, true]);
    const text = decode(answer.body).toString();
    expect(text.startsWith(translated)).toBe(true);
    expect(text.endsWith(link.toString())).toBe(true);
    expect(text.length).toBe(translated.length + filling.length + link.length);
  });
  it('is shown while it is still being sent', async () => {
    const coded = gzipSync(link, { finishFlush: constants.Z_SYNC_FLUSH });
    on.answers['/page'] = (response) => {
      response.writeHead(200, { 'Content-Type': 'text/html', ...gzip });
      response.write(coded);
    };
    const headers = { Host: on.site.authority, Cookie: on.site.cookie };
    const sent = request({ host: '127.0.0.1', port: on.site.port, path: '/page', headers, agent: false });
    sent.on('error', () => undefined).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const decoded = answer.pipe(createGunzip()).on('error', () => undefined);
    const [first] = (await once(decoded, 'data')) as [Buffer];
    expect(translated.startsWith(first.toString())).toBe(true);
    sent.destroy();
  });
  it('is shown as far as the device has compressed it', async () => {
    sends(gzipSync(Buffer.concat([link, randomBytes(1_000)])).subarray(0, 500), gzip);
    const { body } = await on.site.ask('/page');
    expect(gunzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH }).toString()).toContain(translated);
  });
});
