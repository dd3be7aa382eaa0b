import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { form, plainHttp } from '../../../test/support/plain-http';
import { startMfp, type RunningMfp } from '../mfp';

describe('web server of the simulated MFP', () => {
  const journal = recordedJournal();
  let mfp: RunningMfp;
  const at = (path: string): string => new URL(path, mfp.url).href;
  beforeAll(async () => {
    mfp = await startMfp({ pageMs: 5 }, journal.journal);
  });
  afterAll(() => mfp.stop());

  it('logs where it listens', () => {
    expect(journal.lines[0]).toMatchObject({ msg: 'mfp listening', host: '127.0.0.1', port: mfp.port });
  });

  it.each([
    ['/status', 'Ready to print'],
    ['/counters', '48,213'],
    ['/supplies', 'Magenta toner'],
    ['/address-book', 'accounting@example.com'],
    ['/job-log', 'Offer 2291.pdf'],
    ['/login', 'Administrator login'],
  ])('shows %s', async (path, content) => {
    const { status, headers, text } = await plainHttp(at(path));
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toContain(content);
    expect(text).toContain('Platen Demo MFP 3050ci');
  });

  it('loads nothing from other hosts', async () => {
    for (const path of ['/status', '/supplies', '/assets/style.css', '/assets/live.js'])
      expect((await plainHttp(at(path))).text).not.toMatch(/(src|href|url)\s*[=(]\s*["']?(https?:)?\/\//);
  });

  it.each([
    ['/', undefined, '/status'],
    ['/index.htm', 'mfp.example:99', 'http://mfp.example:99/status'],
    ['/settings', undefined, '/login?next=%2Fsettings'],
  ])('redirects %s', async (path, host, location) => {
    const { headers } = await plainHttp(at(path), { headers: host === undefined ? {} : { Host: host } });
    expect(headers.location).toBe(location);
  });

  it('compresses a page for clients that accept gzip, and only for those', async () => {
    const packed = await plainHttp(at('/counters'), { headers: { 'Accept-Encoding': 'br, gzip' } });
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': String(packed.body.length) });
    const plain = await plainHttp(at('/counters'), { headers: { 'Accept-Encoding': 'gzip;q=0' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(gunzipSync(packed.body).toString()).toBe(plain.text);
  });

  it('sends the job log in chunks', async () => {
    const { headers, text } = await plainHttp(at('/job-log'));
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(text).toMatch(/<\/html>\s*$/);
  });

  it.each(['/status', '/job-log', '/address-book'])(
    'closes each element of %s once, after its content',
    async (path) => {
      const { text } = await plainHttp(at(path));
      for (const name of ['html', 'body', 'main', 'table', 'tbody', 'footer']) {
        const opened = text.match(new RegExp(`<${name}[ >]`, 'g'))?.length ?? 0;
        expect([name, text.match(new RegExp(`</${name}>`, 'g'))?.length ?? 0]).toEqual([name, opened]);
      }
      expect(text.indexOf('</main>')).toBeGreaterThan(text.lastIndexOf('</table>'));
      expect(text.indexOf('<footer>')).toBeGreaterThan(text.indexOf('</main>'));
    },
  );

  it('answers an unchanged asset with 304', async () => {
    const { headers } = await plainHttp(at('/assets/style.css'));
    const again = await plainHttp(at('/assets/style.css'), { headers: { 'If-None-Match': String(headers.etag) } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it.each<[string, number, string, Parameters<typeof plainHttp>[1]]>([
    ['an unknown page', 404, '/nothing', {}],
    ['a method that the page does not take', 405, '/status', { method: 'DELETE' }],
    [
      'a form of another type',
      415,
      '/print',
      { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' },
    ],
    ['a form that is too large', 413, '/print', form({ title: 'x'.repeat(20_000) })],
    ['a form with wrong values', 400, '/print', form({ title: 'Job', pages: '0', colour: 'Colour' })],
    ['a form without fields', 400, '/print', form({})],
    ['a Host header that is no host', 400, '/status', { headers: { Host: 'a b' } }],
    [
      'a form from another site',
      403,
      '/print',
      form({ title: 'Job', pages: '1' }, { Origin: 'http://elsewhere.example' }),
    ],
    ['a wrong password', 403, '/login', form({ user: 'admin', password: 'guess' })],
    ['a nonsense size', 400, '/files/job-log-export.bin?size=many', {}],
    ['a form of no boundary', 415, '/firmware', { method: 'POST', headers: { Cookie: '' }, body: 'x' }],
  ])('answers %s with %i', async (what, status, path, request) => {
    if (path === '/firmware') request!.headers = { Cookie: await adminCookie(), 'Content-Type': 'multipart/form-data' };
    expect((await plainHttp(at(path), request)).status).toBe(status);
    expect((await plainHttp(at('/status'))).status).toBe(200);
  });

  it.each(['GET /status HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: x\r\n\r\n', '\u0000\u0001nonsense\r\n\r\n'])(
    'continues after bytes that are no HTTP: %j',
    async (bytes) => {
      const socket = connect(mfp.port, '127.0.0.1');
      socket.resume().end(bytes);
      await once(socket, 'close');
      expect((await plainHttp(at('/status'))).status).toBe(200);
    },
  );

  it('logged no unexpected error', () => {
    expect(journal.lines.filter((line) => 'incident' in line)).toEqual([]);
  });

  const adminCookie = async (): Promise<string> => {
    const { headers } = await plainHttp(at('/login'), form({ user: 'admin', password: 'demo-3050' }));
    return String(headers['set-cookie']?.[0]?.split(';')[0]);
  };
});
