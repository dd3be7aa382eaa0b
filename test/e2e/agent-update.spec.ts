import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type request from 'supertest';
import { freePorts } from '../../src/demo/free-ports';
import { Program } from '../../src/demo/programs';
import type { AgentUpdates } from '../../src/protocol/agent-update';
import { RELEASE_MEDIA_TYPE } from '../../src/protocol/release';
import { ReleaseMaker } from '../support/deployment/release-maker';
import { processesOf } from '../support/is-running';
import { setLimit } from '../support/relay/test-relay';
import { removeFolder } from '../support/remove-folder';
import { ADMIN, startTestServer, type TestServer } from '../support/server/test-server';
import { until } from '../support/until';

/** Agents that are updated by their server: real releases of the agent, as processes, with the server in this process. */
const INSTALLED = '1.0.0';
const maker = new ReleaseMaker();
let folder: string;
let server: TestServer;
let admin: ReturnType<typeof request.agent>;
let built: string;
const agents: Program[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-agent-update-'));
  const tool = join(__dirname, '../../tools/build-release.mjs');
  const args = [tool, '--product', 'agent', '--version', INSTALLED, '--out', folder];
  built = (await promisify(execFile)(process.execPath, args)).stdout.trim();
  setLimit('ROLLOUT_CHECK_MS', 500);
  const [xmpp] = await freePorts(1);
  server = await startTestServer({
    PLATEN_RELEASE_PUBLIC_KEY: maker.writePublicKey(join(folder, 'release.pub')),
    PLATEN_XMPP_PORT: String(xmpp),
  });
  admin = await server.loggedIn(ADMIN);
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((each) => each.stop('SIGKILL')));
  // each process of an agent ends when its supervisor is gone, also one that was being tried
  await until('no process of an agent to run', async () => (await processesOf(folder)).length === 0, 90_000, 200);
  const { rollout } = await updates();
  if (rollout && rollout.state !== 'ended') await change(rollout.id, 'ended');
  for (const { id } of (await admin.get('/api/agents')).body as { id: string }[])
    await admin.delete(`/api/agents/${id}`).expect(204);
});
afterAll(async () => {
  jest.restoreAllMocks();
  for (const pid of await processesOf(folder)) process.kill(pid, 'SIGKILL');
  await server?.stop();
  await removeFolder(folder);
});

const updates = async () => (await admin.get('/api/agent-updates').expect(200)).body as AgentUpdates;
const change = (id: string, state: string) =>
  admin.patch(`/api/agent-updates/rollouts/${id}`).send({ state }).expect(204);
const stateOf = async (id: string) => (await updates()).agents.find((each) => each.id === id);
const versionOf = async (id: string) =>
  ((await admin.get('/api/agents')).body as { id: string; version: string }[]).find((each) => each.id === id)?.version;

/** The agent of this checkout as another version. @param changed of its source */
const scriptOf = (version: string, changed: (source: string) => string = (source) => source): string =>
  changed(readFileSync(built, 'utf8').replaceAll(`"${INSTALLED}"`, JSON.stringify(version)));
let lastVersion = 0;
/** Uploads a release. @returns its version */
async function uploaded(changed?: (source: string) => string): Promise<string> {
  const version = `2.${(lastVersion += 1)}.0`;
  const file = maker.make(version, scriptOf(version, changed), { product: 'platen-agent' });
  await admin.post('/api/agent-updates/releases').type(RELEASE_MEDIA_TYPE).send(file).expect(201);
  return version;
}
const rollOut = (version: string, more: object = {}) =>
  admin
    .post('/api/agent-updates/rollouts')
    .send({ version, canaries: [], soakMinutes: 0, ...more })
    .expect(204);

/** Enrols an agent in a folder of its own. */
async function enrolled(id: string, configuration: object = { updates: {} }): Promise<string> {
  const home = join(folder, id);
  await mkdir(home);
  const device = { id: `${id}-mfp`, name: id, kind: 'mfp' };
  const applications = [{ id: 'web', title: 'Pages', target: 'http://127.0.0.1:9' }];
  const config = { panel: { port: 0 }, devices: [{ ...device, applications }], ...configuration };
  await writeFile(join(home, 'agent.json'), JSON.stringify(config));
  const { body: customer } = await admin.post('/api/customers').send({ name: id });
  const path = `/api/customers/${(customer as { id: string }).id}/sites`;
  const { body: site } = await admin.post(path).send({ name: 'here' });
  const code = { agentId: id, siteId: (site as { id: string }).id, deviceIds: [`${id}-*`] };
  const { body: created } = await admin.post('/api/enrolment-codes').send(code).expect(201);
  const enrol = ['enrol', '-', '--server', server.url, '--config', join(home, 'agent.json')];
  const program = Program.start('enrol', [process.execPath, built, ...enrol], {
    input: (created as { ticket: string }).ticket,
  });
  expect([await program.exited, program.printed.join()]).toEqual([0, expect.stringContaining('Enrolled')]);
  return home;
}
function started(home: string, env: Record<string, string> = {}): Program {
  const command = [process.execPath, built, 'run', '--config', join(home, 'agent.json')] as const;
  const program = Program.start('agent', [...command], { env });
  agents.push(program);
  return program;
}
/** Started, and its server knows that its owner permits updates. */
async function online(home: string, id: string): Promise<Program> {
  const program = started(home);
  await program.logged('agent online');
  await until(`agent ${id} to report`, async () => (await stateOf(id))?.permitted || undefined);
  return program;
}
const runs = (id: string, version: string) =>
  until(`agent ${id} to run ${version}`, async () => (await versionOf(id)) === version || undefined, 90_000, 200);
const enters = (id: string, phase: string) =>
  until(
    `agent ${id} to be ${phase}`,
    async () => ((await stateOf(id))?.phase === phase ? stateOf(id) : undefined),
    90_000,
    200,
  );
const ends = () => until('the rollout to be over', async () => (await updates()).rollout?.state === 'ended');

it('an agent is updated, canaries first, and stays so after a restart', async () => {
  const homes = [await enrolled('canary'), await enrolled('other')];
  const programs = [await online(homes[0]!, 'canary'), await online(homes[1]!, 'other')];
  expect(await stateOf('canary')).toMatchObject({ permitted: true, phase: 'none', lags: false });
  const version = await uploaded();
  expect(await stateOf('canary')).toMatchObject({ lags: true });
  await rollOut(version, { canaries: ['canary'], soakMinutes: 60 });
  await runs('canary', version);
  await until('the canaries to be observed', async () => (await updates()).rollout?.canariesUpdatedAt ?? undefined);
  expect(await versionOf('other')).toBe(INSTALLED);
  expect((await updates()).rollout).toMatchObject({
    state: 'running',
    agents: { all: 2, updated: 1, notPermitted: 0 },
  });
  await programs[0]!.stop();
  await started(homes[0]!).logged('agent online');
  await runs('canary', version);
});

it('a version that does not come online is put back, and the rollout stops', async () => {
  const home = await enrolled('crashing');
  await online(home, 'crashing');
  const version = await uploaded(() => 'process.exit(7);\n');
  await rollOut(version);
  const state = await enters('crashing', 'put-back');
  expect(state).toMatchObject({ version, detail: 'it exited with code 7 before it was online' });
  expect(await versionOf('crashing')).toBe(INSTALLED);
  const paused = await until('the rollout to stop', async () => {
    const { rollout } = await updates();
    return rollout?.state === 'paused' ? rollout : undefined;
  });
  expect(paused.reason).toContain('crashing');
  // a restart does not try it again
  expect(await readdir(join(home, 'versions'))).toEqual([]);
});

// a moment that a slow test misses is over; then it is killed a little later
it.each([
  ['while it is downloaded', (home: string) => isDownloading(home) || isIn(home, '2.')],
  ['when it has been downloaded', (home: string) => isIn(home, '2.')],
  ['while it is tried', (home: string) => /"starts":1|"current":"2\./.test(stateIn(home))],
])('an agent whose supervisor is killed %s is updated when it runs again', async (when, reached) => {
  const id = when.replaceAll(/\W/g, '-');
  const home = await enrolled(id);
  const program = await online(home, id);
  const version = await uploaded();
  await rollOut(version);
  await until('the moment', () => reached(home) || undefined, 90_000, 1);
  await program.stop('SIGKILL');
  await started(home).logged('agent online');
  await runs(id, version);
});
const isDownloading = (home: string): boolean => existsSync(join(home, 'versions/.draft/platen-agent.cjs'));
/** Whether there is something in `versions` whose name begins so. */
const isIn = (home: string, start: string): boolean => {
  const path = join(home, 'versions');
  return existsSync(path) && readdirSync(path).some((name) => name.startsWith(start));
};
const stateIn = (home: string): string => {
  const path = join(home, 'agent-version.json');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

it('a release that was changed at the server is not installed', async () => {
  const home = await enrolled('deceived');
  const program = await online(home, 'deceived');
  await program.stop();
  const version = await uploaded();
  await rollOut(version);
  const script = join(server.config.data, 'agent-releases', version, 'platen-agent.cjs');
  const changed = (await readFile(script, 'utf8')).replace('platen-agent', 'platen-agenT');
  await writeFile(script, changed);
  await started(home).logged('agent online');
  expect((await enters('deceived', 'refused'))?.detail).toContain('file-damaged');
  expect(await versionOf('deceived')).toBe(INSTALLED);
});

it('an agent whose owner does not permit updates is left alone', async () => {
  const home = await enrolled('owned', {});
  await started(home).logged('agent online');
  const version = await uploaded();
  await rollOut(version);
  await ends();
  expect(await stateOf('owned')).toMatchObject({ permitted: false, phase: 'none', lags: true });
  expect(existsSync(join(home, 'versions'))).toBe(false);
});

it('a stored version that was tampered with is not started', async () => {
  const home = await enrolled('tampered');
  const program = await online(home, 'tampered');
  const version = await uploaded();
  await rollOut(version);
  await runs('tampered', version);
  await ends();
  await program.stop();
  const script = join(home, 'versions', version, 'platen-agent.cjs');
  await writeFile(script, `${await readFile(script, 'utf8')}\n// more`);
  const again = started(home);
  await again.logged('the installed version of the agent is started');
  await again.logged('agent online');
  await runs('tampered', INSTALLED);
});
