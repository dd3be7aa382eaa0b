import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from '../../src/demo/api-request';
import { event, press } from '../../src/demo/scenario';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

let on: TestStage;
let admin: string | undefined;
beforeAll(async () => {
  on = await TestStage.set();
  const { username, password } = SAMPLE_USERS.admin;
  admin = (await request(on.stage.serverUrl, 'POST', '/api/auth/login', { username, password })).cookie;
}, 120_000);
afterAll(() => on?.strike(), 60_000);

const asAdmin = async (method: 'GET' | 'POST' | 'DELETE' | 'PATCH', path: string, body?: unknown) =>
  (await request(on.stage.serverUrl, method, path, body, admin)).body;

/** Has `end` take access away while the `platen` command that is logged in has a session. */
async function endsWithinSeconds(end: () => Promise<unknown>, detail: string): Promise<void> {
  const terminal = on.stage.platen('terminal', ['connect', 'demo-mfp', 'web', '--reason', 'Revocation', '--json']);
  const { sessionId } = await event(terminal, 'requested');
  await on.step('S143', String(sessionId));
  await press(on.stage, `/approvals/${sessionId}`, { decision: 'approved' });
  await event(terminal, 'listening');
  const since = Date.now();
  await end();
  await terminal.exited;
  expect(Date.now() - since).toBeLessThan(10_000);
  const session = async () => (await asAdmin('GET', `/api/sessions/${sessionId}`)) as { state: string; ending: string };
  await until('the session to end', async () => (await session()).state === 'ended', 30_000, 500);
  expect(await session()).toMatchObject({ ending: 'revoked', detail });
  const history = await readFile(join(on.folder, 'agent', 'ended-sessions.jsonl'), 'utf8');
  expect(history).toMatch(new RegExp(`${String(sessionId)}.*"ending":"revoked"`));
}

it('the open session of a deactivated user ends within seconds, with that reason at the agent and the server', async () => {
  const { rows } = (await asAdmin('GET', '/api/users')) as { rows: { id: string; username: string }[] };
  const user = rows.find(({ username }) => username === SAMPLE_USERS.technician.username)!;
  const setActive = (active: boolean) => asAdmin('PATCH', `/api/users/${user.id}`, { active });
  await endsWithinSeconds(() => setActive(false), 'the user was deactivated');
  await setActive(true);
}, 120_000);

it('the open session of a revoked external client ends likewise', async () => {
  const wanted = { name: 'Fleet reports', scopes: ['sessions:read', 'sessions:write'] };
  const { id, secret } = (await asAdmin('POST', '/api/clients', wanted)) as { id: string; secret: string };
  const answer = await fetch(`${on.stage.serverUrl}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  // the command works with any bearer token
  await writeFile(join(on.folder, 'terminal-credentials.json'), JSON.stringify({ server: on.stage.serverUrl, token }));
  await endsWithinSeconds(() => asAdmin('POST', `/api/clients/${id}/revocation`), 'the external client was revoked');
}, 120_000);

it('a removed agent drops its held page', async () => {
  await on.atThePrinter('paper-jam', 'occurrence');
  const before = await on.pagesPrinted();
  const job = (await asAdmin('POST', '/api/devices/demo-mfp/jobs', {
    operation: 'test-page',
    waitMinutes: 60,
  })) as { id: string };
  const state = async () => ((await asAdmin('GET', `/api/jobs/${job.id}`)) as { state: string }).state;
  await until('the page to be held', async () => (await state()) === 'held', 30_000, 500);
  await asAdmin('DELETE', '/api/agents/demo-agent');
  const { agent } = on.stage.programs;
  await agent.until(() => agent.log.find(({ ending }) => ending === 'removed'), 'was removed');
  await on.atThePrinter('paper-jam', 'clearance');
  // an agent polls a device with a held job every 5 s
  const end = Date.now() + 12_000;
  await until('the agent to have had its time', () => Date.now() > end, 30_000, 500);
  expect(await on.pagesPrinted()).toBe(before);
}, 120_000);
