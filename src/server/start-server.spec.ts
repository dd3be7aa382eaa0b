import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { DataSource } from 'typeorm';
import { setLimit } from '../../test/support/relay/test-relay';
import { ADMIN, startTestServer, TECHNICIAN, type TestServer } from '../../test/support/server/test-server';
import { spkiPinOf } from '../tunnel/pinned-tls';
import { failureLine } from './commands/failure-line';
import { startServer } from './main';

/** All that the database stores: its files, or what PostgreSQL makes of its tables. */
async function contentOf({ data, database }: TestServer['config'], files: readonly string[]): Promise<string> {
  if (database.type === 'sqlite') return files.map((name) => readFileSync(join(data, name), 'latin1')).join('');
  const source = await new DataSource(database).initialize();
  const rows = await source.query<[{ xml: string }]>("SELECT schema_to_xml('public', true, false, '')::text AS xml");
  await source.destroy();
  return rows[0].xml;
}

describe('the server', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startTestServer()));
  afterAll(() => server?.stop());

  it('reports liveness and readiness', async () => {
    await server.browser().get('/healthz').expect(200, { status: 'ok' });
    const ready = await server.browser().get('/readyz');
    for (const part of ['database', 'storage']) expect(ready.body.details[part]).toMatchObject({ status: 'up' });
  });

  it('is not ready, and names the cause, when its data folder is not writable', async () => {
    const obstacle = join(server.config.data, '.write-probe');
    mkdirSync(obstacle);
    const now = performance.now.bind(performance);
    const later = jest.spyOn(performance, 'now').mockImplementation(() => now() + 60_000);
    const { body } = await server.browser().get('/readyz').expect(503);
    expect(body.error.storage).toMatchObject({ status: 'down', message: 'unwritable: see PLATEN_DATA' });
    later.mockRestore();
    rmdirSync(obstacle);
  });

  it('identifies itself to a terminal without a login', async () => {
    const about = await server.browser().get('/api/about').expect(200);
    expect(about.body).toEqual({ product: 'platen', version: expect.stringMatching(/^\d+\.\d+/), protocol: 1 });
  });

  it('shows its metrics on this machine, and to administrators', async () => {
    const here = server.browser('').get('/metrics').unset('X-Forwarded-For');
    expect((await here.expect(200)).text).toMatch(/platen_http_request_seconds_count|process_cpu/);
    const rebound = server.browser('').get('/metrics').unset('X-Forwarded-For').set('Host', 'evil.example');
    await rebound.expect(403);
    await server.browser().get('/metrics').expect(403);
    await (await server.loggedIn(TECHNICIAN)).get('/metrics').expect(403);
    await (await server.loggedIn(ADMIN)).get('/metrics').expect(200);
  });

  it('stores no secret in plain text', async () => {
    const browser = server.browser();
    const login = await browser.post('/api/auth/login').send(ADMIN).expect(200);
    const [, signed = ''] = /platen\.sid=([^;]+)/.exec(login.get('Set-Cookie')!.at(-1)!)!;
    const sessionId = decodeURIComponent(signed).slice(2).split('.')[0]!;
    const { token } = (await browser.post('/api/tokens').send({ name: 'x' }).expect(201)).body as { token: string };
    const files = readdirSync(server.config.data).filter((name) => name.startsWith('platen.sqlite'));
    const stored = await contentOf(server.config, files);
    expect(stored).toContain('scrypt$');
    for (const secret of [ADMIN.password, sessionId, token, token.slice(-43)]) expect(stored).not.toContain(secret);
    for (const name of files) expect(statSync(join(server.config.data, name)).mode & 0o077).toBe(0);
  });

  /** Of another server, which would not get as far as its port with the database of the first. */
  const ownDatabase = () => ({ type: 'sqlite', path: join(server.config.data, 'second.sqlite') }) as const;

  it('reports in one line that its port is in use', async () => {
    const http = { ...server.config.http, port: server.port };
    const second = startServer({
      ...server.config,
      database: ownDatabase(),
      http,
      data: join(server.config.data, 'second'),
    });
    const error: unknown = await second.catch((failure: unknown) => failure);
    expect(failureLine(error)).toBe(`127.0.0.1:${server.port} is in use by another program`);
    await server.browser().get('/readyz');
  });

  it('reports in one line that its data folder is in use, and does not affect the running server', async () => {
    const error: unknown = await startServer({ ...server.config, database: ownDatabase() }).catch(
      (failure: unknown) => failure,
    );
    expect(failureLine(error)).toMatch(/^The data folder .* is in use by another server/);
    await server.browser().get('/healthz').expect(200);
  });

  it('ignores a forwarded address when no proxy is configured', async () => {
    const bare = await startTestServer({ PLATEN_TRUST_PROXY: 'no' });
    try {
      const statuses: number[] = [];
      for (let n = 0; n < 12; n += 1) {
        const answer = await bare.browser(`192.0.2.${n}`).post('/api/auth/login').send({});
        statuses.push(answer.status);
      }
      expect(statuses).toEqual([...Array<number>(10).fill(400), 429, 429]);
    } finally {
      await bare.stop();
    }
  });

  it('stops while an idle connection is open, and accepts no more', async () => {
    const stopping = await startTestServer();
    setLimit('API_STOP_MS', 100);
    const socket = connect(stopping.port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.resume();
    await stopping.stop();
    await closed;
    jest.restoreAllMocks();
    await expect(stopping.browser().get('/healthz')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('the server on a public address', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ PLATEN_HOST: '0.0.0.0', PLATEN_TRUST_PROXY: 'no' });
  });
  afterAll(() => server?.stop());

  const ask = (method: 'GET' | 'POST', path: string, content?: object) =>
    new Promise<{ body: string; pin: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json' };
      const target = { host: '127.0.0.1', port: server.port, path, method, headers };
      const asked = request({ ...target, rejectUnauthorized: false, agent: false }, (response) => {
        const certificate = (response.socket as TLSSocket).getPeerX509Certificate()!;
        let body = '';
        response.on('data', (chunk) => (body += String(chunk)));
        response.on('end', () => resolve({ body, pin: spkiPinOf(certificate), headers: response.headers }));
      });
      asked.on('error', reject);
      asked.end(content && JSON.stringify(content));
    });

  it('accepts TLS only, and publishes the pin of its certificate', async () => {
    const { body, pin, headers } = await ask('GET', '/api/about');
    expect(JSON.parse(body)).toMatchObject({ pin });
    expect(headers).not.toHaveProperty('strict-transport-security');
    await expect(server.browser().get('/api/about')).rejects.toThrow();
  });

  it('marks its cookie Secure', async () => {
    const { headers } = await ask('POST', '/api/auth/login', ADMIN);
    expect(headers['set-cookie']?.at(-1)).toMatch(/^__Host-platen\.sid=.*; HttpOnly; Secure; SameSite=Lax$/);
  });
});
