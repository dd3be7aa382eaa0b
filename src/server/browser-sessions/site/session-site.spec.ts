import { Site, type Answer } from '../../../../test/support/browser/browser-visit';
import { terminated } from '../../../../test/support/browser/opened-session';
import { CONSOLE, FORM, OTHER, OWN, SiteStage } from '../../../../test/support/browser/site-stage';
import { setLimit } from '../../../../test/support/relay/test-relay';
import { until } from '../../../../test/support/until';

let on: SiteStage;
beforeEach(async () => {
  setLimit('BROWSER_COOKIE_PAUSE_MS', 0);
  on = await SiteStage.set();
});
afterEach(async () => {
  jest.restoreAllMocks(); // limits
  await on.strike();
});

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
    const answer = await on.site.ask(path, { method, headers: headers });
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('Request from another page')]);
    expect(on.seen).toEqual([]);
  });

  it.each([
    ['of the session itself', 'POST', '/', { 'Sec-Fetch-Site': 'same-origin', Origin: OWN }],
    ['of the session itself, which hides its origin', 'POST', '/', { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }],
    ['of the session itself in an older browser', 'POST', '/', { Origin: OWN }],
    ['of the address bar', 'GET', '/a?b', { ...navigation, 'Sec-Fetch-Site': 'none' }],
    ['of a program', 'POST', '/', {}],
  ])('does not keep out a request %s', async (_name, method, path, headers) => {
    const answer = await on.site.ask(path, { method, headers: headers });
    expect([answer.status, answer.text]).toEqual([200, 'the device']);
  });

  it('does not open a WebSocket', async () => {
    for (const [origin, from] of [
      [OTHER, 'cross-site'],
      [OWN, 'same-site'],
    ] as const) {
      const headers = { Connection: 'Upgrade', Upgrade: 'websocket', Origin: origin, 'Sec-Fetch-Site': from };
      expect((await on.site.ask('/ws', { headers })).status).toBe(403);
    }
    expect(on.seen).toEqual([]);
  });
});

describe('an entry ticket', () => {
  const submit = (headers: Record<string, string>): Promise<Answer> =>
    new Site(OWN, on.site.port).ask('/.platen/enter', {
      method: 'POST',
      headers: { ...FORM, ...headers },
      body: `ticket=${on.opened.session.tickets.issue()}`,
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
    const answer = await on.site.ask('/worker.js', { headers });
    expect([answer.status, answer.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
    expect(on.seen).toEqual([]);
  });
  it('is not taken from the cache as an ordinary script, nor given a wider scope', async () => {
    on.answers['/a.js'] = (response) => {
      response.writeHead(200, { 'Content-Type': 'text/javascript', 'Service-Worker-Allowed': '/', Vary: 'Accept' });
      response.end('1');
    };
    const { status, headers } = await on.site.ask('/a.js');
    expect([status, headers['service-worker-allowed'], headers.vary]).toEqual([
      200,
      undefined,
      'Accept, Service-Worker',
    ]);
  });
  it('does not keep out other workers', async () => {
    const headers = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'worker' };
    expect((await on.site.ask('/worker.js', { headers })).status).toBe(200);
  });
});

describe('a cookie that another host may have set', () => {
  it('is removed for the session domain before the request reaches the device', async () => {
    const headers = { Cookie: 'tossed=1' };
    const first = await on.site.ask('/a/b?c', { headers });
    expect([first.status, first.headers.location]).toEqual([307, `${OWN}/a/b?c`]);
    expect(first.headers['set-cookie']).toEqual(
      ['/', '/a', '/a/', '/a/b'].map((path) => `tossed=; Path=${path}; Max-Age=0; Domain=sessions.example; Secure`),
    );
    expect(on.seen).toEqual([]);
    // what the browser still sends is the session's own
    expect((await on.site.ask('/a/b?c', { headers })).status).toBe(200);
    expect(on.seen.map(({ headers }) => headers.cookie)).toEqual(['tossed=1']);
  });
  it('leads nowhere else, however the path is written', async () => {
    const answer = await on.site.ask('//elsewhere.example/', { headers: { Cookie: 'x=1' } });
    expect(answer.headers.location).toBe(`${OWN}//elsewhere.example/`);
  });
  it('is removed from frames, too, partitioned or not', async () => {
    const { headers } = await on.framed().ask('/', { headers: { Cookie: 'x=1' } });
    const removal = 'x=; Path=/; Max-Age=0; Domain=sessions.example; SameSite=None; Secure';
    expect(headers['set-cookie']).toEqual([`${removal}; Partitioned`, removal]);
  });
  it('does not hold up a form, nor everything while a page keeps setting others', async () => {
    expect((await on.site.ask('/', { method: 'POST', headers: { Cookie: 'a=1' }, body: 'x' })).status).toBe(200);
    setLimit('BROWSER_COOKIE_PAUSE_MS', 600_000);
    expect((await on.site.ask('/', { headers: { Cookie: 'b=1' } })).status).toBe(307);
    expect((await on.site.ask('/', { headers: { Cookie: 'c=1' } })).status).toBe(200);
  });
  it('is removed within a bounded header', async () => {
    const Cookie = Array.from({ length: 150 }, (_, n) => `${'n'.repeat(80)}${n}=`).join('; ');
    const { status, headers } = await on.site.ask(`/${'a/'.repeat(200)}`, { headers: { Cookie } });
    expect(status).toBe(307);
    expect(Buffer.byteLength((headers['set-cookie'] ?? []).join())).toBeLessThan(4_000);
  });
});

describe('after the end of the session', () => {
  it('each browser is asked once to remove what the pages have stored', async () => {
    on.opened.close(terminated('requested'));
    on.ended.set('aa', { ...(await on.opened.session.over), consoleOrigin: CONSOLE });
    const headers = { Cookie: 'a=1' };
    const answer = await on.site.ask('/x', { headers });
    expect([answer.status, answer.headers['clear-site-data']]).toEqual([410, '"cache", "storage"']);
    const removed = answer.headers['set-cookie']!;
    for (const own of ['__Host-platen=; Path=/; Max-Age=0; Secure', 'a=; Path=/; Max-Age=0; Secure'])
      expect(removed).toContain(own);
    expect(removed).toContain('__Host-platen=; Path=/; Max-Age=0; SameSite=None; Secure; Partitioned');
    const later = await new Site(OWN, on.site.port).ask('/x', { headers });
    expect([later.status, later.headers['clear-site-data']]).toEqual([410, undefined]);
  });
  it('also with the answer to a request that it has cut', async () => {
    on.answers['/slow'] = () => undefined;
    const answer = on.site.ask('/slow');
    await until('the request at the device', () => on.seen.length > 0);
    on.opened.close(terminated('control-plane', 'ended-by-device'));
    const { status, headers } = await answer;
    expect([status, headers['clear-site-data']]).toEqual([410, '"cache", "storage"']);
    expect(headers['set-cookie']).toContain('__Host-platen=; Path=/; Max-Age=0; Secure');
  });
  it('also when the server knows no more of it', async () => {
    const answer = await new Site(OTHER, on.site.port, on.site.cookie).ask('/');
    expect([answer.status, answer.headers['clear-site-data']]).toEqual([404, '"cache", "storage"']);
  });
});
