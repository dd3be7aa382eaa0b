import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from '../../src/demo/api-request';
import type { Program } from '../../src/demo/programs';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { job, type Job } from '../../src/protocol/maintenance';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

let on: TestStage;
let admin: string | undefined;
const copies: Program[] = [];
beforeAll(async () => {
  on = await TestStage.set();
  const { username, password } = SAMPLE_USERS.admin;
  admin = (await request(on.stage.serverUrl, 'POST', '/api/auth/login', { username, password })).cookie;
});
afterEach(async () => {
  await Promise.all(copies.splice(0).map((copy) => copy.stop('SIGKILL')));
});
afterAll(() => on?.strike());

/** Copies all that the agent has stored, with its configuration and credentials. */
async function copyAgent(name: string): Promise<string[]> {
  const folder = join(on.folder, name);
  const state = join(folder, 'agent');
  await cp(join(on.folder, 'agent'), state, { recursive: true });
  const configuration = JSON.parse(await readFile(join(on.folder, 'agent.json'), 'utf8')) as object;
  const config = join(folder, 'agent.json');
  await writeFile(config, JSON.stringify({ ...configuration, state, panel: { port: 0 } }));
  await cp(join(on.folder, 'agent-credentials.json'), join(folder, 'agent-credentials.json'));
  return ['agent', 'run', '--config', config];
}
function start(name: string, command: string[]): Program {
  const copy = on.stage.platen(name, command);
  copies.push(copy);
  return copy;
}
/** The endings that a program has logged. */
const refusals = ({ log }: Program) => log.map(({ ending }) => ending).filter((ending) => ending !== undefined);
const refused = (program: Program, ending: string) =>
  program.until(() => refusals(program).includes(ending) || undefined, `was refused: ${ending}`);

const jobs = async (): Promise<Job[]> =>
  ((await on.get('/api/jobs')) as { rows: unknown[] }).rows.map((each) => job.parse(each));
const notices = async () =>
  ((await request(on.stage.serverUrl, 'GET', '/api/notices', undefined, admin)).body as { rows: { kind: string }[] })
    .rows;

it('a copy of a running agent is refused, does not displace it, and does not print its held page', async () => {
  await on.atThePrinter('paper-jam', 'occurrence');
  const before = await on.pagesPrinted();
  await on.post('/api/devices/demo-mfp/jobs', { operation: 'test-page', waitMinutes: 60 });
  await until('the page to be held', async () => (await jobs())[0]?.state === 'held', undefined, 500);
  const copy = start('copy', await copyAgent('copy'));
  await refused(copy, 'in-use');
  expect(refusals(copy)).toEqual(['in-use']);
  await on.atThePrinter('paper-jam', 'clearance');
  await until('the page to be printed', async () => (await jobs())[0]?.state === 'succeeded', undefined, 500);
  // the copy polls devices with held jobs every 5 s
  const until12s = Date.now() + 12_000;
  await until('the copy to have had its time', () => Date.now() > until12s, undefined, 500);
  expect(await on.pagesPrinted()).toBe(before + 1);
  expect(refusals(on.stage.programs.agent)).toEqual([]);
  expect((await notices()).filter(({ kind }) => kind === 'agent-refused')).toHaveLength(1);
});

it('when a copy has logged in, the original is refused until an administrator allows it', async () => {
  const command = await copyAgent('second');
  await on.stage.programs.agent.stop();
  const second = start('second', command);
  await second.logged('agent online');
  const original = start('agent', ['agent', 'run', '--config', join(on.folder, 'agent.json')]);
  await refused(original, 'in-use');
  await second.stop('SIGKILL');
  await original.stop('SIGKILL');

  const again = start('agent', ['agent', 'run', '--config', join(on.folder, 'agent.json')]);
  await refused(again, 'other-installation');
  await again.stop('SIGKILL');
  await request(on.stage.serverUrl, 'DELETE', '/api/agents/demo-agent/installation', undefined, admin);
  await start('agent', ['agent', 'run', '--config', join(on.folder, 'agent.json')]).logged('agent online');
});

it('an agent that was killed at any moment of its login logs in again', async () => {
  for (const copy of copies.splice(0)) await copy.stop();
  const command = ['agent', 'run', '--config', join(on.folder, 'agent.json')];
  const stored = async () =>
    JSON.parse(await readFile(join(on.folder, 'agent/agent-installation.json'), 'utf8')) as Record<string, string>;
  type Moment = (agent: Program, before: Record<string, string>) => boolean | Promise<boolean>;
  // each lasts once it has come: a login may be over before the next look
  const accepted: Moment = async (_, before) => (await stored()).continuation !== before.continuation;
  const moments: [string, Moment][] = [
    ['its start', ({ log }) => log.length > 0],
    ['presenting', async (agent, before) => (await stored()).next !== undefined || accepted(agent, before)],
    ['being accepted', accepted],
    ['announcing', ({ log }) => log.some(({ msg }) => msg === 'agent online')],
  ];
  for (const [what, moment] of moments) {
    const before = await stored();
    const killed = start('agent', command);
    await until(what, () => moment(killed, before), undefined, 1);
    await killed.stop('SIGKILL');
  }
  await start('agent', command).logged('agent online');
});
