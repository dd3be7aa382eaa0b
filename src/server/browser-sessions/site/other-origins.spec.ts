import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Site, type Answer, type Ask } from '../../../../test/support/browser/browser-visit';
import { openSession } from '../../../../test/support/browser/opened-session';
import { CONSOLE, FORM, listening, OTHER, OWN, SiteStage } from '../../../../test/support/browser/site-stage';
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
    await on.opened.stop();
    const facts = { label: 'aa', origin: OWN, consoleOrigin: CONSOLE };
    const others = { 'https://192.168.1.20': await listening(secure) };
    on.opened = await openSession((on.device.address() as AddressInfo).port, facts, others);
    await on.opened.session.origins();
    const cookie = `__Host-platen=${on.opened.session.entries.tab.issue()}`;
    on.site = new Site(OWN, on.site.port, cookie);
    other = new Site(SECURE, on.site.port, cookie);
  });
  afterEach(async () => {
    secure.closeAllConnections();
    await new Promise((resolve) => secure.close(resolve));
  });
  const redirects = (Location: string): void => {
    on.answers['/'] = (response) => response.writeHead(301, { Location }).end();
  };

  it('has an origin in the browser, to which a redirect leads', async () => {
    redirects('https://192.168.1.20/x');
    expect((await on.site.ask('/')).headers.location).toBe(`${SECURE}/x`);
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
    const ticket = on.opened.session.tickets.issue();
    const entered = await new Site(OWN, on.site.port).ask('/.platen/enter', {
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
      new Site(SECURE, on.site.port).ask('/.platen/enter', { method: 'POST', headers: { ...FORM, Origin }, body });
    for (const origin of [OTHER, CONSOLE, 'null']) expect((await cross(origin)).headers['set-cookie']).toBeUndefined();
    const crossed = await cross(OWN);
    expect([crossed.status, crossed.headers['set-cookie']?.[0]]).toEqual([
      204,
      expect.stringMatching(/^__Host-platen=/),
    ]);
    expect((await cross(OWN)).status).toBe(403); // used
    expect((await new Site(SECURE, on.site.port).ask('/')).status).toBe(403);
  });

  describe('for a page of the first, across origins', () => {
    const FROM = { ...SAME_SITE, 'Sec-Fetch-Mode': 'cors', Origin: OWN };
    const asking = (names: string) => ({
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': names,
    });
    /** Without a cookie, as browsers ask. */
    const asked = (origin: string): Promise<Answer> =>
      new Site(SECURE, on.site.port).ask('/api', {
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
      const there = seenThere.filter(({ method }) => method === 'GET').map(({ headers }) => headers);
      expect(there.map(({ cookie, authorization }) => [cookie, authorization])).toEqual([
        [undefined, undefined],
        [undefined, 'Bearer x'],
      ]);
      expect(there[0]).not.toHaveProperty('platen-credentials');
    });

    it('has a worker for the pages of both, and no other', async () => {
      for (const each of [OWN, SECURE]) {
        const at = new Site(each, on.site.port);
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
      expect((await new Site(SECURE, on.site.port).ask('/.platen/crossing')).status).toBe(403);
    });
  });

  it('does not exist beyond those that the agent names', async () => {
    const beyond = new Site('https://s-aa-2.sessions.example', on.site.port, on.site.cookie);
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
    on.answers['/'] = (response) => response.writeHead(302, { Location: address }).end();
    const answer = await on.site.ask('/');
    expect([answer.status, answer.headers.location]).toEqual([403, undefined]);
    expect(answer.text).toContain(`The device leads to ${origin}, which`);

    on.answers['/page'] = (response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.end(`<a href="${address}"><form action='${address}'><img src="${address}">`);
    };
    const { text } = await on.site.ask('/page');
    const link = `/.platen/elsewhere?${encodeURIComponent(origin)}`;
    expect(text).toBe(`<a href="${link}"><form action='${link}'><img src="${address}">`);
    const named = await on.site.ask(link);
    expect([named.status, named.text]).toEqual([403, answer.text]);
    expect(on.seen.map(({ url }) => url)).toEqual(['/', '/page']);
  });
  describe('is asked for', () => {
    const WANTED = 'https://192.168.1.20';
    const ASK = `/.platen/ask?${encodeURIComponent(WANTED)}`;
    const others: Record<string, number> = {};
    const click = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-User': '?1' };
    beforeEach(async () => {
      delete others[WANTED];
      await on.opened.stop();
      const facts = { label: 'aa', origin: OWN, consoleOrigin: CONSOLE };
      on.opened = await openSession((on.device.address() as AddressInfo).port, facts, others);
      on.site = new Site(OWN, on.site.port, `__Host-platen=${on.opened.session.entries.tab.issue()}`);
    });

    it('with the button of the page, and is entered when the owner has permitted it', async () => {
      const { text } = await on.site.ask(`/.platen/elsewhere?${encodeURIComponent(WANTED)}`);
      expect(text).toContain(`<form method="post" action="${ASK}"><button>Ask the owner</button></form>`);
      const asked = await on.site.ask(ASK, { method: 'POST', headers: click });
      expect([asked.status, asked.text]).toEqual([
        403,
        expect.stringContaining('the owner of the device has been asked'),
      ]);

      others[WANTED] = (on.device.address() as AddressInfo).port;
      const permitted = await on.site.ask(ASK, { method: 'POST', headers: click });
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
      const answer = await on.site.ask(ASK, how);
      expect(answer.text).toContain(`The device leads to ${WANTED}, which`);
    });

    it('not by a page of another origin, or by a browser that has not entered', async () => {
      const foreign = { ...click, 'Sec-Fetch-Site': 'same-site', Origin: OTHER };
      const refused = [
        await on.site.ask(ASK, { method: 'POST', headers: foreign }),
        await new Site(OWN, on.site.port).ask(ASK, { method: 'POST', headers: click }),
      ];
      for (const { status, text } of refused) expect([status, text.includes(WANTED)]).toEqual([403, false]);
    });
  });

  it.each(['http://www.example.com/', '/x', 'x.html', 'mailto:a@b', 'http://192.168.1.20/'])(
    'is not: %s',
    async (address) => {
      on.answers['/'] = (response) => response.writeHead(302, { Location: address }).end();
      expect((await on.site.ask('/')).headers.location).toBe(address.replace('http://192.168.1.20', OWN));
    },
  );
  it('is not loaded, embedded or submitted to by the scripts of a page', async () => {
    const policy = String((await on.site.ask('/')).headers['content-security-policy']);
    const own = `'self' ${OWN} ${OWN.replace('https', 'wss')}`;
    expect(policy).toMatch(/(^|, )default-src 'self' /);
    expect(policy).toContain(`default-src ${own} data:`);
    expect(policy).toContain(`form-action ${own}`);
  });
  it('is shown as an origin only, whatever the link says', async () => {
    expect((await on.site.ask('/.platen/elsewhere?%3Cscript%3E')).status).toBe(404);
    const { text } = await on.site.ask('/.platen/elsewhere?http%3A%2F%2Fa%2F%3Cscript%3E');
    expect(text).not.toContain('<script>');
  });
});
