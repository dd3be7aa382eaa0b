import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { ADMIN, startTestServer, type TestServer } from '../../../test/support/server/test-server';

const PUBLIC = 'platen.example';
const FORWARDED = { 'X-Forwarded-For': '198.51.100.200', 'X-Forwarded-Proto': 'https' };

let server: TestServer;
afterEach(() => server.stop());

/** A login through a proxy that passes on these headers. @returns the names of the cookies that are not Secure */
async function login(headers: Record<string, string>): Promise<{ status?: number; insecure: string[] }> {
  const body = JSON.stringify(ADMIN);
  const sent = { ...headers, 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
  const answer = await new Promise<{ status?: number; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const options = { port: server.port, host: '127.0.0.1', method: 'POST', path: '/api/auth/login', headers: sent };
    const request = httpRequest(options, (response) => {
      response.resume();
      resolve({ status: response.statusCode, headers: response.headers });
    });
    request.on('error', reject).end(body);
  });
  const cookies = answer.headers['set-cookie'] ?? [];
  const insecure = cookies.filter((cookie) => !/; Secure/i.test(cookie)).map((cookie) => cookie.split('=')[0]!);
  return { status: answer.status, insecure };
}

/** What it misses, as `/readyz` shows it. */
const status = async (): Promise<unknown> => {
  const { body } = (await server.browser().get('/readyz')) as {
    body: { details: Record<string, { missing?: string[] }> };
  };
  return body.details['reverse-proxy']?.missing;
};
const missing = (...names: string[]) => names;

describe('a reverse proxy', () => {
  const proto = { 'X-Forwarded-Proto': 'https' };
  const from = { 'X-Forwarded-For': '198.51.100.201' };
  it.each([
    ['passes on everything', { Host: PUBLIC, ...FORWARDED }, undefined],
    ['forgets X-Forwarded-Proto', { Host: PUBLIC, ...from }, missing('X-Forwarded-Proto')],
    ['forgets X-Forwarded-For', { Host: PUBLIC, ...proto }, missing('X-Forwarded-For')],
    ['forgets both', { Host: PUBLIC }, missing('X-Forwarded-For', 'X-Forwarded-Proto')],
    ['forgets both for a session', { Host: 'a.sessions.example' }, missing('X-Forwarded-For', 'X-Forwarded-Proto')],
    ['is a program on this computer', { Host: '127.0.0.1:8080' }, undefined],
  ])('that %s is noticed, and logins stay Secure', async (_name, headers, expected) => {
    server = await startTestServer({
      PLATEN_PUBLIC_URL: `https://${PUBLIC}`,
      PLATEN_SESSION_DOMAIN: 'sessions.example',
    });
    const { insecure } = await login(headers);
    if (headers.Host === PUBLIC) expect(insecure).toEqual([]);
    expect(await status()).toEqual(expected);
  });

  it('that forgets Host is noticed by the origin of the console', async () => {
    server = await startTestServer({ PLATEN_PUBLIC_URL: `https://${PUBLIC}` });
    await login({ Host: '127.0.0.1:8080', Origin: `https://${PUBLIC}`, ...FORWARDED });
    expect(await status()).toEqual(missing('Host'));
  });

  it('is not looked for at a server without one, or without https', async () => {
    server = await startTestServer({ PLATEN_PUBLIC_URL: `https://${PUBLIC}`, PLATEN_TRUST_PROXY: '192.0.2.1' });
    await login({ Host: PUBLIC });
    expect(await status()).toBeUndefined();
    await server.stop();
    server = await startTestServer();
    expect(await login({ Host: '127.0.0.1' })).toMatchObject({ status: 200 });
    expect(await status()).toBeUndefined();
  });
});
