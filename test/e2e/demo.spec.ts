import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Database } from 'sqlite3';
import { request } from '../../src/demo/api-request';
import { freePorts } from '../../src/demo/free-ports';
import { Program } from '../../src/demo/programs';
import { reservePorts, SAMPLE_CUSTOMER, SAMPLE_USERS, setStage, STAGE_PORTS } from '../../src/demo/stage';
import type { Device } from '../../src/protocol/api';
import { deviceKind } from '../../src/protocol/device-kinds';
import { removeFolder } from '../support/remove-folder';
import { makeSampleUsers } from '../support/stage/sample-users';
import { until } from '../support/until';
import { CLI } from '../support/stage/test-stage';

it('platen demo --once plays the whole scenario, with its steps if it is verbose', async () => {
  const demo = Program.start('demo', [process.execPath, CLI, 'demo', '--once', '--verbose']);
  expect({ exit: await demo.exited, printed: demo.printed.join('\n') }).toMatchObject({ exit: 0 });
  const steps = demo.printed.map((line) => /^ {2}(S\d{3}) /.exec(line)?.[1]).filter((step) => step);
  const expected = [
    'S101',
    'S141',
    'S144',
    'S147',
    'S149',
    'S180',
    'S214',
    'S232',
    'S267',
    'S295',
    'S272',
    'S299',
    'S332',
  ];
  expect(expected.filter((step) => !steps.includes(step))).toEqual([]);
  expect(demo.printed.filter((line) => !line.startsWith('  S'))).toEqual(
    expect.arrayContaining(['Tina Technician logs in.', 'Tina Technician requests access to demo-mfp.']),
  );
});

it('the demo moves the agent of a folder from before there were customers to the sample customer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'platen-old-demo-'));
  const options = { folder, ports: await reservePorts(), cli: CLI, allKinds: true };
  const earlier = await setStage({ ...options, makeUsers: makeSampleUsers });
  await earlier.stop();
  const database = new Database(join(folder, 'server', 'platen.sqlite'));
  const run = promisify<string, void>(database.run.bind(database));
  for (const table of ['customers', 'sites', 'assignments']) await run(`DELETE FROM ${table}`);
  await run('UPDATE agents SET "siteId" = NULL');
  await promisify(database.close.bind(database))();
  await rm(join(folder, 'agent-placed'));

  const stage = await setStage({ ...options, makeUsers: () => Promise.resolve() });
  try {
    const { username, password } = SAMPLE_USERS.technician;
    const { cookie } = await request(stage.serverUrl, 'POST', '/api/auth/login', { username, password });
    const look = async () => {
      const { body } = await request(stage.serverUrl, 'GET', '/api/devices', undefined, cookie);
      const { rows: known } = body as { rows: Device[] };
      return deviceKind.options.every((kind) => known.some((each) => each.kind === kind)) && known;
    };
    const rows = await until('a device of each kind', look, undefined, 500);
    const { name, site } = SAMPLE_CUSTOMER;
    expect(rows.find(({ id }) => id === 'demo-mfp')?.site).toMatchObject({ name: site, customerName: name });
  } finally {
    await stage.stop();
    await removeFolder(folder);
  }
});

it('platen demo names the port that is in use', async () => {
  const [port] = await freePorts(STAGE_PORTS);
  const busy = createServer().listen(port, '127.0.0.1');
  await once(busy, 'listening');
  try {
    const demo = Program.start('demo', [process.execPath, CLI, 'demo', '--first-port', String(port)]);
    expect(await demo.exited).toBe(1);
    expect(demo.printed).toEqual([expect.stringMatching(new RegExp(`^platen demo: port ${port}.* is in use`))]);
  } finally {
    busy.close();
  }
});
