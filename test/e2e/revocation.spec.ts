import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from '../../src/demo/api-request';
import { event, press } from '../../src/demo/scenario';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { Visit } from '../support/browser/browser-visit';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

let on: TestStage;
let admin: string | undefined;
beforeAll(async () => {
  on = await TestStage.set();
  const { username, password } = SAMPLE_USERS.admin;
  admin = (await request(on.stage.serverUrl, 'POST', '/api/auth/login', { username, password })).cookie;
});
afterAll(() => on?.strike());

const asAdmin = async (method: 'GET' | 'POST' | 'DELETE' | 'PATCH', path: string, body?: unknown) =>
  (await request(on.stage.serverUrl, method, path, body, admin)).body;

interface Ended {
  readonly state: string;
  readonly ending: string;
  readonly detail: string;
}
/** Has `end` take access away; then `over` resolves long before the session would expire, and both logs have the reason. */
async function endsWithItsAccess(
  sessionId: string,
  end: () => Promise<unknown>,
  over: () => Promise<unknown>,
  detail: string,
): Promise<void> {
  await end();
  await over();
  const session = async () => (await asAdmin('GET', `/api/sessions/${sessionId}`)) as Ended;
  await until('the session to end', async () => (await session()).state === 'ended', undefined, 500);
  expect(await session()).toMatchObject({ ending: 'revoked', detail });
  const history = () => readFile(join(on.folder, 'agent', 'ended-sessions.jsonl'), 'utf8').catch(() => '');
  const entry = new RegExp(`${sessionId}.*"ending":"revoked"`);
  await until('the history of the agent', async () => entry.test(await history()));
}

/** The same for a session of the `platen` command that is logged in. */
async function commandEndsWithItsAccess(end: () => Promise<unknown>, detail: string): Promise<void> {
  const terminal = on.stage.platen('terminal', ['connect', 'demo-mfp', 'web', '--reason', 'Revocation', '--json']);
  const sessionId = String((await event(terminal, 'requested')).sessionId);
  await on.step('S143', sessionId);
  await press(on.stage, `/approvals/${sessionId}`, { decision: 'approved' });
  await event(terminal, 'listening');
  await endsWithItsAccess(sessionId, end, () => terminal.exited, detail);
}

const setTechnicianActive = async (active: boolean): Promise<void> => {
  const { rows } = (await asAdmin('GET', '/api/users')) as { rows: { id: string; username: string }[] };
  const user = rows.find(({ username }) => username === SAMPLE_USERS.technician.username)!;
  await asAdmin('PATCH', `/api/users/${user.id}`, { active });
};

it('the view of a deactivated user in the browser ends within seconds, with that reason on it and in both logs', async () => {
  const visit = await Visit.approved(on, 'demo-mfp', 'web');
  const site = await visit.enter();
  const page = () => site.ask('/status', { headers: { Accept: 'text/html' } });
  expect((await page()).status).toBe(200);
  const over = () => until('the page to end', async () => (await page()).status !== 200, undefined, 500);
  await endsWithItsAccess(visit.id, () => setTechnicianActive(false), over, 'the user was deactivated');
  expect((await page()).text).toContain('the user was deactivated');
  await setTechnicianActive(true);
  await on.logIn(on.stage.serverUrl); // the earlier login and token have ended
});

it('the open session of a deactivated user ends within seconds, with that reason at the agent and the server', async () => {
  await commandEndsWithItsAccess(() => setTechnicianActive(false), 'the user was deactivated');
  await setTechnicianActive(true);
});

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
  await commandEndsWithItsAccess(
    () => asAdmin('POST', `/api/clients/${id}/revocation`),
    'the external client was revoked',
  );
});

it('a removed agent drops its held page', async () => {
  await on.atThePrinter('paper-jam', 'occurrence');
  const before = await on.pagesPrinted();
  const job = (await asAdmin('POST', '/api/devices/demo-mfp/jobs', {
    operation: 'test-page',
    waitMinutes: 60,
  })) as { id: string };
  const state = async () => ((await asAdmin('GET', `/api/jobs/${job.id}`)) as { state: string }).state;
  await until('the page to be held', async () => (await state()) === 'held', undefined, 500);
  await asAdmin('DELETE', '/api/agents/demo-agent');
  const { agent } = on.stage.programs;
  await agent.until(() => agent.log.find(({ ending }) => ending === 'removed'), 'was removed');
  await on.atThePrinter('paper-jam', 'clearance');
  // an agent polls a device with a held job every 5 s
  const end = Date.now() + 12_000;
  await until('the agent to have had its time', () => Date.now() > end, undefined, 500);
  expect(await on.pagesPrinted()).toBe(before);
});
