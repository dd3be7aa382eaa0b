import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../src/demo/free-ports';
import { Program, type LogLine } from '../../src/demo/programs';
import { finished, reservePorts, type Ports } from '../../src/demo/stage';
import { job } from '../../src/protocol/maintenance';
import { documented } from '../support/documented';
import { removeFolder } from '../support/remove-folder';
import { databaseAt } from '../support/server/new-database';
import { PostgresServer } from '../support/server/postgres';
import { CLI, TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

// Two servers, one database, a relay of its own, and HAProxy as in RUNNING in front of the servers.

interface ServerPorts {
  readonly http: number;
  readonly xmpp: number;
}

let folder: string;
let postgres: PostgresServer;
let stage: TestStage;
let ports: Ports;
let servers: Record<'a' | 'b', ServerPorts>;
let env: Record<string, string>;
const started: Program[] = [];
let balancer: Program;
const onLog = (line: LogLine): void => void stage?.lines.push(line);

const platen = (name: string, args: string[], more: Record<string, string>): Program => {
  const program = Program.start(name, [process.execPath, CLI, ...args], { env: { ...env, ...more }, onLog });
  started.unshift(program);
  return program;
};
const portsOf = ({ http, xmpp }: ServerPorts) => ({ PLATEN_PORT: `${http}`, PLATEN_XMPP_PORT: `${xmpp}` });
const startServer = (which: 'a' | 'b'): Program => platen(`server ${which}`, ['server'], portsOf(servers[which]));

/** The documented backend, for the console and for the agents. */
function haproxy(): string {
  const [backend] = documented('## Standby server', 'haproxy') as [string];
  const placed = (kind: 'http' | 'xmpp'): string =>
    backend
      .replace('platen.example', `127.0.0.1:${ports.http}`)
      .replace('check port 8080 ', 'check ') // here, each server has a port of its own
      .replace('10.0.0.11:8080', `127.0.0.1:${servers.a[kind]} port ${servers.a.http}`)
      .replace('10.0.0.12:8080', `127.0.0.1:${servers.b[kind]} port ${servers.b.http}`);
  const times = ['connect 5s', 'client 1h', 'server 1h'].map((each) => `timeout ${each}`);
  const side = (kind: 'http' | 'xmpp') => [
    ...[`frontend ${kind}`, `bind 127.0.0.1:${ports[kind]}`, `default_backend ${kind}`],
    ...[`backend ${kind}`, ...placed(kind).split('\n')],
  ];
  return `${['defaults', 'mode tcp', 'retries 0', ...times, ...side('http'), ...side('xmpp')].join('\n')}\n`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-standby-'));
  postgres = await PostgresServer.start();
  ports = await reservePorts();
  const [a, b, c, d, relay] = (await freePorts(5)) as [number, number, number, number, number];
  servers = { a: { http: a, xmpp: b }, b: { http: c, xmpp: d } };
  const serverUrl = `http://127.0.0.1:${ports.http}`;
  env = {
    PLATEN_DATA: join(folder, 'server'),
    PLATEN_DATABASE_URL: await databaseAt(postgres.url),
    PLATEN_STANDBY: 'yes',
    PLATEN_RELAY: 'remote',
    PLATEN_PUBLIC_URL: serverUrl,
    PLATEN_XMPP_PUBLIC_PORT: `${ports.xmpp}`,
    PLATEN_LOG_LEVEL: 'info',
  };
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, haproxy());
  balancer = Program.start('haproxy', ['haproxy', '-db', '-f', file]);
  started.unshift(balancer);
  const secret = await finished(platen('relay-secret', ['server', 'relay-secret', 'east'], {}));
  const secretFile = join(folder, 'east.secret');
  await writeFile(secretFile, secret.printed.join('\n'), { mode: 0o600 });
  platen('relay', ['relay'], {
    PLATEN_RELAY_ID: 'east',
    PLATEN_RELAY_SECRET_FILE: secretFile,
    PLATEN_RELAY_DATA: join(folder, 'relay'),
    PLATEN_RELAY_PORT: `${relay}`,
    PLATEN_SERVER_URL: serverUrl,
  });
  stage = await TestStage.set({ ports, env: { ...env, ...portsOf(servers.a) } });
});
afterAll(async () => {
  await stage?.strike();
  await Promise.all(started.map((program) => program.stop()));
  await postgres?.remove();
  await removeFolder(folder);
});

const statusOf = async (which: 'a' | 'b', path: string): Promise<number> =>
  (await fetch(`http://127.0.0.1:${servers[which].http}${path}`)).status;
const onStandby = (server: Program) => server.logged('another server is active; this one stands by');
/** Waits until a server serves, with the agent and the relay, and nothing leads to the earlier one any more. */
async function takenOver(server: Program, earlier: 'a' | 'b'): Promise<void> {
  await server.logged('server listening');
  await server.logged('devices announced');
  await server.logged('relay connected');
  for (const backend of ['http', 'xmpp'])
    await balancer.until(() => stateIn(backend, earlier) === 'DOWN' || undefined, `takes ${earlier} out of ${backend}`);
}
/** What HAProxy has said last about a server. */
const stateIn = (backend: string, server: string): string | undefined =>
  balancer.printed
    .flatMap((line) => new RegExp(`Server ${backend}/${server} is (UP|DOWN)`).exec(line)?.[1] ?? [])
    .at(-1);

it('continues sessions and jobs when the active server is killed, and the other way round', async () => {
  const b = startServer('b');
  await onStandby(b);
  expect(await Promise.all([statusOf('b', '/healthz'), statusOf('b', '/api/about')])).toEqual([200, 503]);

  const { connect, id, url } = await stage.connect('demo-mfp');
  await stage.atThePrinter('paper-jam', 'occurrence');
  const printed = await stage.pagesPrinted();
  const asked = job.parse(await stage.post('/api/devices/demo-mfp/jobs', { operation: 'test-page', waitMinutes: 60 }));
  const jobNow = async () => job.parse(await stage.get(`/api/jobs/${asked.id}`));
  await until('the job to be held', async () => (await jobNow()).state === 'held', undefined, 500);

  stage.stage.programs.server.child.kill('SIGKILL');
  await takenOver(b, 'a');
  // the relay has carried the session on, and its ends do not know that anything happened
  expect((await fetch(url)).status).toBe(200);
  await stage.atThePrinter('paper-jam', 'clearance');
  await until('the end of the job', async () => (await jobNow()).state === 'succeeded', 120_000, 500);
  await until('the page', async () => (await stage.pagesPrinted()) > printed);
  connect.child.kill('SIGINT');
  expect(await connect.exited).toBe(0);
  expect(await stage.ended(id)).toMatchObject({
    ending: 'ended-by-terminal',
    device: { startedAt: expect.any(String), endedAt: expect.any(String), endReason: 'requested' },
    terminal: { startedAt: expect.any(String), endedAt: expect.any(String), endReason: 'requested' },
  });

  const a = startServer('a');
  await onStandby(a);
  b.child.kill('SIGKILL');
  await takenOver(a, 'b');
  await stage.works();
  expect(await stage.pagesPrinted()).toBe(printed + 1);
});

it('a server that is cut off from the database and replaced ends, and is the standby when it is started again', async () => {
  const active = started.find(({ name, child }) => name === 'server a' && child.exitCode === null)!;
  const standby = startServer('b');
  await onStandby(standby);
  active.child.kill('SIGSTOP'); // it cannot take the lock again in time
  await postgres.stop('SIGQUIT');
  await postgres.start();
  await takenOver(standby, 'a');
  active.child.kill('SIGCONT');
  expect(await active.exited).toBe(1);
  await onStandby(startServer('a'));
  await stage.works();
});

it('a server without PLATEN_STANDBY does not start beside another one', async () => {
  const [http, xmpp] = (await freePorts(2)) as [number, number];
  const third = platen('server', ['server'], { ...portsOf({ http, xmpp }), PLATEN_STANDBY: 'no' });
  expect(await third.exited).toBe(1);
  expect(third.printed.join()).toContain('Another server uses the database of PLATEN_DATABASE_URL.');
});
