import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from '../../src/demo/api-request';
import { freePorts } from '../../src/demo/free-ports';
import type { Program } from '../../src/demo/programs';
import { event, press } from '../../src/demo/scenario';
import { finished, SAMPLE_USERS } from '../../src/demo/stage';
import { startFreezingProxy } from '../support/agent/freezing-proxy';
import { plainHttp } from '../support/plain-http';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

/** Longer than the server takes to request approval from an agent that it has woken. */
const AWAKE_MINUTES = 0.1;

let on: TestStage;
const agents: Program[] = [];
let cookie: string | undefined;
/** Where the agent that is woken listens, and what its substitute lists. */
let wake: { host: string; port: number };
/** A site without the agent of the stage, which would be a substitute. */
let siteId: string;
let panel = 0;
beforeAll(async () => {
  on = await TestStage.set();
  const { username, password } = SAMPLE_USERS.admin;
  cookie = (await request(on.stage.serverUrl, 'POST', '/api/auth/login', { username, password })).cookie;
  const [customer] = (await on.get('/api/customers')) as { id: string }[];
  const path = `/api/customers/${customer!.id}/sites`;
  const { body } = await request(on.stage.serverUrl, 'POST', path, { name: 'Warehouse' }, cookie);
  siteId = (body as { id: string }).id;
});
beforeEach(async () => {
  const [panelPort, port] = (await freePorts(2)) as [number, number];
  panel = panelPort;
  wake = { host: '127.0.0.1', port };
});
afterEach(async () => {
  await on?.clear();
  await Promise.all(agents.splice(0).map((agent) => agent.stop('SIGKILL')));
});
afterAll(() => on?.strike());

/** A further agent, in front of the stage's MFP, as a process of its own. */
async function startAgent(name: string, more: object, onEnrolled = (_: string) => Promise.resolve()): Promise<Program> {
  const config = join(on.folder, `${name}.json`);
  const credentials = ['--credentials', join(on.folder, `${name}-credentials.json`)];
  const application = { id: 'web', title: 'Web pages', target: on.device('demo-mfp').url };
  const devices = [{ id: `${name}-mfp`, name, kind: 'mfp', applications: [application] }];
  await writeFile(config, JSON.stringify({ state: name, devices, ...more }));
  const { serverUrl } = on.stage;
  const code = { agentId: name, siteId, deviceIds: [`${name}-mfp`] };
  const made = await request(serverUrl, 'POST', '/api/enrolment-codes', code, cookie);
  const enrol = ['agent', 'enrol', '-', '--server', serverUrl, '--config', config, ...credentials, '--force'];
  await finished(on.stage.platen('enrol', enrol, `${(made.body as { ticket: string }).ticket}\n`));
  await onEnrolled(join(on.folder, `${name}-credentials.json`));
  const agent = on.stage.platen(name, ['agent', 'run', '--config', config, ...credentials]);
  agents.push(agent);
  await agent.logged('agent online');
  return agent;
}
async function startSleeper(): Promise<Program> {
  const powerSaving = { afterMinutes: AWAKE_MINUTES };
  const sleeper = await startAgent('sleeper', { powerSaving, wake, panel: { port: panel } });
  await sleeper.logged('agent asleep');
  await until('the server to know', async () => (await device()).asleep && !(await device()).online);
  return sleeper;
}
const device = async (id = 'sleeper-mfp') =>
  (await on.get(`/api/devices/${id}`)) as { online: boolean; asleep: boolean };
const startSubstitute = () => startAgent('substitute', { panel: { port: 0 }, substituteFor: [wake] });
const connect = (id = 'sleeper-mfp'): Program =>
  on.stage.platen('terminal', ['connect', id, 'web', '--reason', 'Wake up', '--json']);

it('a session with a device whose agent sleeps: woken through a substitute, approved, carried, asleep again', async () => {
  const [substitute, sleeper] = await Promise.all([startSubstitute(), startSleeper()]);
  const terminal = connect();
  try {
    const { sessionId } = await event(terminal, 'requested');
    await on.step('S143', String(sessionId));
    expect(sleeper.log.some(({ msg }) => msg === 'agent awake')).toBe(true);
    await press({ panelUrl: `http://127.0.0.1:${panel}` }, `/approvals/${sessionId}`, { decision: 'approved' });
    const { url } = await event(terminal, 'listening');
    const page = await plainHttp(String(url) + 'status');
    expect(page).toMatchObject({ status: 200 });
    // it stays awake for as long as the session is open
    await until(
      'the time after which it would sleep',
      () => Date.now() > sleeper.log.at(-1)!.at + AWAKE_MINUTES * 60_000,
    );
    expect(await device()).toMatchObject({ online: true, asleep: false });
    terminal.child.kill('SIGINT');
    expect(await terminal.exited).toBe(0);
    await on.ended(String(sessionId));
    await until('it to sleep again', async () => (await device()).asleep && !(await device()).online);
  } finally {
    await terminal.stop('SIGKILL');
  }
  expect(substitute.log.some(({ msg }) => msg === 'refused')).toBe(false);
});

it('without a substitute the caller is informed that the device cannot be woken', async () => {
  await startSleeper();
  const terminal = connect();
  await terminal.exited;
  expect(terminal.printed.concat(terminal.log.map(({ msg }) => msg)).join('\n')).toMatch(/cannot be woken/);
});

it('a sleeping agent that was switched off is not woken, and the caller is informed of the reason', async () => {
  const [sleeper] = await Promise.all([startSleeper(), startSubstitute()]);
  await sleeper.stop('SIGKILL');
  const terminal = connect();
  const { sessionId } = await event(terminal, 'requested');
  const ended = await on.ended(String(sessionId));
  expect(ended.ending).toBe('device-offline');
  expect(ended.detail).toMatch(/substitute: unreachable \(.*ECONNREFUSED/);
  await terminal.exited;
});

it('a session with a device whose agent was killed and does not reach the control channel any more', async () => {
  let proxy!: Awaited<ReturnType<typeof startFreezingProxy>>;
  const throughProxy = async (credentials: string) => {
    const account = JSON.parse(await readFile(credentials, 'utf8')) as { xmpp: { port: number } };
    proxy = await startFreezingProxy(account.xmpp.port);
    const changed = { ...account, xmpp: { ...account.xmpp, port: proxy.port } };
    await writeFile(credentials, JSON.stringify(changed), { mode: 0o600 });
  };
  const [substitute, lonely] = await Promise.all([
    startSubstitute(),
    startAgent('lonely', { wake, panel: { port: panel } }, throughProxy),
  ]);
  await proxy.close();
  await lonely.stop('SIGKILL');
  await until('the server to know', async () => !(await device('lonely-mfp')).online);
  const args = [
    '--config',
    join(on.folder, 'lonely.json'),
    '--credentials',
    join(on.folder, 'lonely-credentials.json'),
  ];
  const again = on.stage.platen('lonely', ['agent', 'run', ...args]);
  agents.push(again);
  await again.logged('no control channel');

  const terminal = connect('lonely-mfp');
  try {
    const id = String((await event(terminal, 'requested')).sessionId);
    await on.step('S143', id);
    await press({ panelUrl: `http://127.0.0.1:${panel}` }, `/approvals/${id}`, { decision: 'approved' });
    const { url } = await event(terminal, 'listening');
    expect(await plainHttp(String(url) + 'status')).toMatchObject({ status: 200 });
    expect(await device('lonely-mfp')).toMatchObject({ online: false });
    terminal.child.kill('SIGINT');
    expect(await terminal.exited).toBe(0);
    const ended = await on.ended(id);
    expect(ended).toMatchObject({
      ending: 'ended-by-terminal',
      device: { endReason: 'requested' },
      terminal: { endReason: 'requested' },
    });
    expect(ended.steps.filter(({ step }) => step === 'wake').map(({ detail }) => detail)).toEqual([
      'substitute: woken',
    ]);
    // what the substitute has logged names no session
    expect(JSON.stringify(substitute.log)).not.toContain(id);
  } finally {
    await terminal.stop('SIGKILL');
  }
});
