import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { request } from '../../src/demo/api-request';
import { Program } from '../../src/demo/programs';
import { finished, reservePorts, SAMPLE_USERS } from '../../src/demo/stage';
import { relay } from '../../src/protocol/api';
import type { RelayChoice, RelayPreference } from '../../src/protocol/relay-choice';
import { RelayProcess } from '../support/relay/relay-process';
import { removeFolder } from '../support/remove-folder';
import { CLI, TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

// One server without a relay of its own, and three relays in two regions, each with its own data folder and secret.

const REGIONS = { paris: 'eu', berlin: 'eu', boston: 'us' } as const;
type Name = keyof typeof REGIONS;
const NAMES = Object.keys(REGIONS) as Name[];
const DEVICES = ['hall-1', 'hall-2', 'hall-3', 'hall-4'] as const;

let folder: string;
let stage: TestStage;
let platen: (...args: string[]) => Program;
let cookie: string | undefined;
const processes = {} as Record<Name, RelayProcess>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-relays-'));
  const ports = await reservePorts();
  const serverUrl = `http://127.0.0.1:${ports.http}`;
  const env = { PLATEN_DATA: join(folder, 'server'), PLATEN_RELAY: 'remote' };
  for (const name of NAMES) {
    const secret = Program.start('relay-secret', [process.execPath, CLI, 'server', 'relay-secret', name], { env });
    const file = join(folder, `${name}.secret`);
    await writeFile(file, (await finished(secret)).printed.join('\n'), { mode: 0o600 });
    processes[name] = await RelayProcess.start(serverUrl, {
      PLATEN_RELAY_ID: name,
      PLATEN_RELAY_REGION: REGIONS[name],
      PLATEN_RELAY_SECRET_FILE: file,
    });
  }
  stage = await TestStage.set({ ports, env, moreDevices: [...DEVICES] });
  platen = await stage.asAdmin();
  const { username, password } = SAMPLE_USERS.admin;
  cookie = (await request(serverUrl, 'POST', '/api/auth/login', { username, password })).cookie;
  await until('every relay', async () => (await listed()).filter(({ obstacle }) => obstacle === null).length === 3);
});
afterAll(async () => {
  await stage?.strike();
  await Promise.all(Object.values(processes).map((each) => each.remove()));
  if (folder) await removeFolder(folder);
});

const ask = async (method: 'GET' | 'PUT', path: string, body?: unknown): Promise<unknown> =>
  (await request(stage.stage.serverUrl, method, path, body, cookie)).body;
const listed = async () => z.array(relay).parse(await ask('GET', '/api/relays'));
const isListed = (name: Name, obstacle: string | null) =>
  until(
    `${name} to be listed as ${obstacle}`,
    async () => (await listed()).some((each) => each.id === name && each.obstacle === obstacle),
    undefined,
    500, // the API limits requests per minute
  );
const prefer = async (preference: RelayPreference | null): Promise<unknown> =>
  ask('PUT', `/api/sites/${await stage.siteId()}/relay-preference`, { preference });
const choiceOf = async (id: string): Promise<RelayChoice> => (await stage.session(id)).relay!;
const isEuropean = (name: string): name is 'paris' | 'berlin' => name === 'paris' || name === 'berlin';
const otherThan = (name: string): Name => (name === 'paris' ? 'berlin' : 'paris');

it('the preferred region carries sessions; of its relays the less loaded one; a drained or lost one gets none', async () => {
  await prefer({ region: 'eu', only: false });
  const first = await stage.connect('demo-mfp');
  const { relayId: drained, passedOver } = await choiceOf(first.id);
  expect(passedOver).toEqual([{ relayId: 'boston', because: 'region' }]);
  if (!isEuropean(drained)) throw new Error(`${drained} is not in the preferred region`);
  const other = otherThan(drained);

  const second = await stage.connect('hall-1');
  expect(await choiceOf(second.id)).toMatchObject({
    ...{ relayId: other, region: 'eu', sessions: 0 },
    comparedWith: { relayId: drained, sessions: 1 },
  });

  // drained: the session that runs there continues
  const drain = await finished(platen('relays', 'drain', drained));
  expect(drain.printed).toEqual([`${drained}: drained, open sessions: 1`]);
  const third = await stage.connect('hall-2');
  expect(await choiceOf(third.id)).toMatchObject({
    ...{ relayId: other, sessions: 1, comparedWith: null },
    passedOver: expect.arrayContaining([{ relayId: drained, because: 'drained' }]),
  });
  expect((await fetch(first.url)).status).toBe(200);

  // lost: the other region takes over
  await processes[other].crash();
  await isListed(other, 'not-connected');
  const fourth = await stage.connect('hall-3');
  expect(await choiceOf(fourth.id)).toMatchObject({
    ...{ relayId: 'boston', region: 'us', preferred: { region: 'eu', only: false } },
    passedOver: expect.arrayContaining([
      { relayId: drained, because: 'drained' },
      { relayId: other, because: 'not-connected' },
    ]),
  });
  expect((await fetch(fourth.url)).status).toBe(200);

  // all drained: a request is refused with what to do, and no approval is requested
  const last = await finished(platen('relays', 'drain', 'boston'));
  expect(last.printed.join('\n')).toContain('No relay accepts new sessions now.');
  const table = (await finished(platen('relays'))).printed.join('\n');
  expect(table).toMatch(new RegExp(`^${drained} +drained +eu +1 of \\d+`, 'm'));
  expect(table).toMatch(new RegExp(`^${other} +not connected +eu `, 'm'));
  expect(table).toMatch(/^boston +drained +us +1 of \d+/m);
  const refused = stage.stage.platen('terminal', ['connect', 'hall-4', 'web', '--reason', 'End-to-end test']);
  expect(await refused.exited).not.toBe(0);
  expect(refused.printed.join('\n')).toMatch(/All relays are drained: .*platen relays undrain <relay>/s);

  // taken back, and started again
  await finished(platen('relays', 'undrain', drained));
  await processes[other].again();
  await isListed(other, null);
  await prefer({ region: 'eu', only: true });
  const fifth = await stage.connect('hall-4');
  expect(await choiceOf(fifth.id)).toMatchObject({ region: 'eu', preferred: { only: true } });
  expect((await fetch(first.url)).status).toBe(200);
  for (const { connect, id } of [first, fifth]) {
    connect.child.kill('SIGINT');
    expect(await connect.exited).toBe(0);
    expect(await stage.ended(id)).toMatchObject({ ending: 'ended-by-terminal' });
  }
}, 600_000);
