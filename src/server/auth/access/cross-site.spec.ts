import { ADMIN, startTestServer, type TestServer } from '../../../../test/support/server/test-server';

describe('requests from pages of other sites', () => {
  let server: TestServer;
  let browser: Awaited<ReturnType<TestServer['loggedIn']>>;
  beforeAll(async () => {
    server = await startTestServer({ PLATEN_PUBLIC_URL: 'https://platen.example' });
    browser = server.browser('127.0.0.1');
    await browser.post('/api/auth/login').send(ADMIN).expect(200);
  });
  afterAll(() => server?.stop());

  const cases: [what: string, headers: Record<string, string>, status: 201 | 403][] = [
    ['a program, which states no origin', {}, 201],
    ["the server's own page", { 'Sec-Fetch-Site': 'same-origin' }, 201],
    ["another site's page", { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ["a device's page on a sibling host", { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['the address bar', { 'Sec-Fetch-Site': 'none' }, 403],
    ["another site's page that claims Platen's origin", { 'Sec-Fetch-Site': 'cross-site', Origin: 'HOST' }, 403],
    ['an old browser on the console', { Origin: 'HOST' }, 201],
    ['an old browser on the console behind a proxy', { Origin: 'https://platen.example' }, 201],
    ['an old browser on another page', { Origin: 'https://evil.example' }, 403],
    [
      'an old browser on a host that contains the name of this one',
      { Origin: 'https://platen.example.evil.example' },
      403,
    ],
    ['an old browser on another port of this host', { Origin: 'http://127.0.0.1:1' }, 403],
    ['a sandboxed page', { Origin: 'null' }, 403],
    ['nonsense', { Origin: '///' }, 403],
    ['an empty origin', { Origin: '' }, 403],
  ];
  const withHost = (headers: Record<string, string>) =>
    headers.Origin === 'HOST' ? { ...headers, Origin: `http://127.0.0.1:${server.port}` } : headers;

  it.each(cases)('%s %j: %d', async (_what, headers, status) => {
    const answer = await browser.post('/api/tokens').set(withHost(headers)).send({ name: 'x' });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body.code).toBe('cross-site');
  });

  it('refuses a login from another site, too (login CSRF)', async () => {
    await server.browser().post('/api/auth/login').set('Sec-Fetch-Site', 'cross-site').send(ADMIN).expect(403);
  });

  it('permits links from other sites to read', async () => {
    await browser.get('/api/auth/me').set('Sec-Fetch-Site', 'cross-site').expect(200);
  });

  it('does not accept a form', async () => {
    await browser.post('/api/tokens').type('form').send('name=x').expect(400);
  });
});
