import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Database } from 'sqlite3';
import type { ClientOptions } from '../../src/client/client';
import { answerOf, createApi, type Api } from '../../src/client/client';
import { SessionTunnel } from '../../src/client/session-tunnel';
import { request } from '../../src/demo/api-request';
import { Program } from '../../src/demo/programs';
import { finished, SAMPLE_USERS } from '../../src/demo/stage';
import type { PermittedAccess } from '../../src/protocol/access-conditions';
import { deniedAccess, page, reportedConditions, type SessionWithSteps } from '../../src/protocol/api';
import { clientScope, createdExternalClient, type CreatedExternalClient } from '../../src/protocol/external-clients';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

/**
 * The day of an external client with the real programs: everything through the client in src/client, with the person at
 * the device at the agent's own page, and the administrator at the API.
 */
let on: TestStage;
let admin: string | undefined;
let client: CreatedExternalClient;
let api: Api;
beforeAll(async () => {
  on = await TestStage.set();
  admin = await cookieOf(SAMPLE_USERS.admin);
  client = await newClient('Invoice archive');
  api = apiOf(client);
});
afterAll(() => on?.strike());

const DEVICE = 'demo-mfp';
const atDevice = { path: { id: DEVICE } };

async function cookieOf({ username, password }: { username: string; password: string }): Promise<string | undefined> {
  return (await request(on.stage.serverUrl, 'POST', '/api/auth/login', { username, password })).cookie;
}
const asAdmin = async (method: 'GET' | 'POST' | 'PATCH', path: string, body: unknown = {}) =>
  (await request(on.stage.serverUrl, method, path, method === 'GET' ? undefined : body, admin)).body;
const newClient = async (name: string, more: object = {}) =>
  createdExternalClient.parse(await asAdmin('POST', '/api/clients', { name, scopes: clientScope.options, ...more }));
const apiOf = ({ id, secret }: CreatedExternalClient, more: Partial<ClientOptions> = {}) =>
  createApi({ server: on.stage.serverUrl, clientId: id, secret, ...more });

const requested = (applicationId: string, of = api) =>
  answerOf(of.POST('/api/sessions', { body: { deviceId: DEVICE, applicationId, reason: 'Invoices of May' } }));
const seen = (id: string, of = api) => answerOf(of.GET('/api/sessions/{id}', { params: { path: { id } } }));
/** Its record, once both end logs are in. */
const ended = (id: string) =>
  until(
    'the end of the session',
    async () => {
      const session = await seen(id);
      return session.state === 'ended' && session;
    },
    undefined,
    500,
  );
const bothLogs = ({ device, terminal }: Pick<SessionWithSteps, 'device' | 'terminal'>): boolean =>
  [device, terminal].every(({ startedAt, endedAt }) => startedAt !== null && endedAt !== null);

const mirrored = async () => reportedConditions.parse(await on.get(`/api/devices/${DEVICE}/conditions`)).conditions;
/** At the agent's own page; in force when the agent has answered. @returns its ID */
async function permit(access: PermittedAccess): Promise<string> {
  const known = new Set((await mirrored()).map(({ id }) => id));
  const who = { kind: 'client', id: client.id, name: client.name };
  await on.press('/conditions', { deviceId: DEVICE, condition: { who, access } });
  const set = async () => (await mirrored()).find(({ id }) => !known.has(id))?.id;
  return until('the mirror of the condition', set, undefined, 500);
}
const withdraw = (condition: string) => on.press(`/conditions/${condition}/revocation`, {});

it('learns when to send again after too many requests', async () => {
  const limited = await newClient('Busy archive', { requestsPerMinute: 2 });
  const hasty = apiOf(limited, { longestWaitMs: 0 });
  // a slow computer may take so long that more of them are permitted
  const { error, response } = await until('the refusal', async () => {
    const answer = await hasty.GET('/api/devices');
    return answer.error && answer;
  });
  expect(error).toMatchObject({ status: 429, code: 'too-many-requests', retryAfterSeconds: expect.any(Number) });
  expect(response.headers.get('Retry-After')).toBe(String(error?.retryAfterSeconds));
});

it('learns about the device', async () => {
  const { rows } = await answerOf(api.GET('/api/devices', { params: { query: { limit: 10 } } }));
  expect(rows.find(({ id }) => id === DEVICE)).toMatchObject({ online: true, kind: 'mfp' });
  const { information } = await answerOf(api.POST('/api/devices/{id}/information', { params: atDevice }));
  expect(information).toMatchObject({ reached: true, model: 'Platen Demo MFP 3050ci' });
});

it('has a maintenance job held and executed', async () => {
  await on.atThePrinter('paper-jam', 'occurrence');
  const before = await on.pagesPrinted();
  const body = { operation: 'test-page', waitMinutes: 60 } as const;
  const { id, user } = await answerOf(api.POST('/api/devices/{id}/jobs', { params: atDevice, body }));
  expect(user).toMatchObject({ kind: 'client', id: client.id });
  const job = () => answerOf(api.GET('/api/jobs/{id}', { params: { path: { id } } }));
  await until('the job to be held', async () => (await job()).state === 'held', undefined, 500);
  await on.atThePrinter('paper-jam', 'clearance');
  await until('the job to end', async () => (await job()).endedAt, undefined, 500);
  expect(await job()).toMatchObject({ state: 'succeeded', hold: null });
  await until('the page to be printed', async () => (await on.pagesPrinted()) === before + 1);
});

it('connects when someone at the device presses YES, and ends the session; others do not see it', async () => {
  const { id } = await requested('web');
  const opening = SessionTunnel.open(api, id);
  await on.step('S143', id);
  await on.press(`/approvals/${id}`, { decision: 'approved' });
  const tunnel = await opening;
  const text = async (url: string) => (await fetch(url)).text();
  expect(await text(`http://127.0.0.1:${await tunnel.listen()}/`)).toBe(await text(`${on.device(DEVICE).url}/`));

  const other = apiOf(await newClient('Another archive'));
  await expect(seen(id, other)).rejects.toMatchObject({ code: 'unknown-session' });
  await expect(
    answerOf(other.POST('/api/sessions/{id}/termination', { params: { path: { id } } })),
  ).rejects.toMatchObject({ code: 'unknown-session' });
  const { rows } = await answerOf(other.GET('/api/sessions'));
  expect(rows).toEqual([]);
  const elsewhere = { username: 'ed', displayName: 'Ed Elsewhere', role: 'technician', password: 'another password' };
  await asAdmin('POST', '/api/users', elsewhere);
  const cookie = await cookieOf(elsewhere);
  await expect(request(on.stage.serverUrl, 'GET', `/api/sessions/${id}`, undefined, cookie)).rejects.toThrow(/session/);
  expect((await on.session(id)).user).toMatchObject({ kind: 'client', displayName: client.name });

  expect(await tunnel.terminate()).toMatchObject({ kind: 'terminated', message: { reason: 'requested' } });
  const record = await ended(id);
  expect(record).toMatchObject({ ending: 'ended-by-terminal', user: { kind: 'client', id: client.id } });
  expect(bothLogs(record)).toBe(true);
  expect(JSON.parse(record.approvalRecord!.text)).toMatchObject({ asker: { kind: 'client', id: client.id } });
});

it('reaches no document box without an access condition', async () => {
  const { id } = await requested('box');
  await expect(SessionTunnel.open(api, id)).rejects.toMatchObject({ ending: 'denied', denial: 'no-condition' });
  expect(await ended(id)).toMatchObject({ ending: 'denied', approvedAt: null });
});

it('uses a document box under an access condition, until that is revoked at the device', async () => {
  const condition = await permit({ kind: 'box', box: 'invoices', operations: ['list', 'get', 'put', 'delete'] });
  const { id } = await requested('box');
  const tunnel = await SessionTunnel.open(api, id);
  const boxes = `http://127.0.0.1:${await tunnel.listen()}/boxes`;
  const direct = on.stage.boxUrl;
  const status = async (method: string, url: string, body?: string) => (await fetch(url, { method, body })).status;

  expect(await status('PUT', `${boxes}/invoices/may.txt`, '99.00 EUR')).toBe(201);
  expect(await (await fetch(`${boxes}/invoices`)).text()).toContain('may.txt');
  expect(await (await fetch(`${boxes}/invoices/may.txt`)).text()).toBe('99.00 EUR');
  expect(await (await fetch(`${direct}/invoices/may.txt`)).text()).toBe('99.00 EUR');
  expect(await status('DELETE', `${boxes}/invoices/may.txt`)).toBe(204);
  expect(await status('GET', `${direct}/invoices/may.txt`)).toBe(404);

  const others = async () => (await fetch(`${direct}/scans`)).text();
  const before = await others();
  const denied = await fetch(`${boxes}/scans/may.txt`, { method: 'PUT', body: '99.00 EUR' });
  expect([denied.status, await denied.json()]).toEqual([
    403,
    expect.objectContaining({ code: 'access-denied', reason: 'box' }),
  ]);
  expect(await others()).toBe(before);
  const reported = async () =>
    page(deniedAccess)
      .parse(await on.get(`/api/devices/${DEVICE}/denials`))
      .rows.find(({ remoteSessionId }) => remoteSessionId === id);
  expect(await until('the denial', reported, undefined, 500)).toMatchObject({
    asker: { kind: 'client', id: client.id, name: client.name },
    what: 'put scans/may.txt',
  });

  await withdraw(condition);
  expect(await tunnel.closed).toMatchObject({ kind: 'terminated', message: { ending: 'denied' } });
  const record = await ended(id);
  expect(record).toMatchObject({ ending: 'denied', denial: 'revoked' });
  expect(bothLogs(record)).toBe(true);
});

it('has sessions without a YES under an access condition, and the device can end one', async () => {
  const condition = await permit({ kind: 'session', applications: ['web'], grant: 'operate' });
  const { id } = await requested('web');
  const tunnel = await SessionTunnel.open(api, id);
  expect((await fetch(`http://127.0.0.1:${await tunnel.listen()}/`)).status).toBe(200);
  await on.press(`/sessions/${id}/end`, {});
  expect(await tunnel.closed).toMatchObject({ kind: 'terminated', message: { ending: 'ended-by-device' } });
  const record = await ended(id);
  expect(record).toMatchObject({ ending: 'ended-by-device' });
  expect(bothLogs(record)).toBe(true);
  await withdraw(condition);
});

it('runs the example program', async () => {
  const condition = await permit({ kind: 'box', box: 'invoices', operations: ['list', 'get'] });
  const env = {
    PLATEN_SERVER: on.stage.serverUrl,
    PLATEN_CLIENT_ID: client.id,
    PLATEN_CLIENT_SECRET: client.secret,
  };
  const example = [process.execPath, join(__dirname, '../../dist/src/client/example.js'), DEVICE, 'invoices'];
  const { printed } = await finished(Program.start('example', example as [string, ...string[]], { env }));
  expect(printed.join('\n')).toMatch(
    /^demo-mfp: Platen Demo MFP 3050ci, .+\njob succeeded: .*impressions \d+.*(\n[\w.-]+: \d+ bytes)+$/,
  );
  await withdraw(condition);
});

it('is refused what its token does not cover', async () => {
  const reader = apiOf(client, { scopes: ['devices:read'] });
  await answerOf(reader.GET('/api/devices'));
  await expect(requested('web', reader)).rejects.toMatchObject({
    code: 'insufficient-scope',
    problem: { status: 403 },
  });
  const closed = '/api/audit' as '/api/devices';
  await expect(answerOf(api.GET(closed))).rejects.toMatchObject({ code: 'forbidden' });
});

it('replaces a token that has expired', async () => {
  await answerOf(api.GET('/api/devices'));
  const database = new Database(join(on.folder, 'server', 'platen.sqlite'));
  database.configure('busyTimeout', 10_000);
  const run = promisify<string, unknown[], void>(database.run.bind(database));
  await run('UPDATE access_tokens SET "expiresAt" = ? WHERE "clientId" = ?', [Date.now() - 1, client.id]);
  database.close();
  await answerOf(api.GET('/api/devices'));
});

it('loses its session, its tokens and its secret when an administrator revokes it', async () => {
  await permit({ kind: 'session', applications: ['web'], grant: 'operate' });
  const { id } = await requested('web');
  const tunnel = await SessionTunnel.open(api, id);
  await asAdmin('POST', `/api/clients/${client.id}/revocation`);
  expect(await tunnel.closed).toMatchObject({ kind: 'terminated', message: { ending: 'revoked' } });
  await expect(answerOf(api.GET('/api/devices'))).rejects.toMatchObject({
    name: 'TokenRefused',
    code: 'invalid_client',
  });
  const record = await on.ended(id);
  expect(record).toMatchObject({ ending: 'revoked', detail: 'the external client was revoked' });
  expect(bothLogs(record)).toBe(true);
  const history = () => readFile(join(on.folder, 'agent', 'ended-sessions.jsonl'), 'utf8').catch(() => '');
  const entry = new RegExp(`${id}.*"ending":"revoked"`);
  await until('the history of the agent', async () => entry.test(await history()));
});
