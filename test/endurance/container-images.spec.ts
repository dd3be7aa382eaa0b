import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../src/demo/free-ports';
import { Program } from '../../src/demo/programs';
import { event, press } from '../../src/demo/scenario';
import { buildah } from '../support/containers/images';
import { shared } from '../support/run/shared';
import { CleanDebian } from '../support/stage/clean-debian';
import { CLI } from '../support/stage/test-stage';

// The images are started as a container engine does it: with the user, the environment and the command of the image, in its file system.

const PASSWORD = 'a password for the test';
const BUILD_MS = 30 * 60_000;

interface ImageConfig {
  readonly User: string;
  readonly Env: string[];
  readonly WorkingDir: string;
  readonly Entrypoint: string[];
  readonly Cmd: string[];
}
interface Container {
  readonly debian: CleanDebian;
  readonly config: ImageConfig;
}

let folder: string;
let server: Container;
let agent: Container;
const running: Program[] = [];
const containers: string[] = [];

async function made(name: string): Promise<Container> {
  const inspected = JSON.parse(await buildah(folder, 'inspect', '--type', 'image', `localhost/${name}`)) as {
    OCIv1: { config: ImageConfig };
  };
  const container = await buildah(folder, 'from', '--pull-never', `localhost/${name}`);
  containers.push(container);
  return { debian: CleanDebian.at(await buildah(folder, 'mount', container)), config: inspected.OCIv1.config };
}
const commandOf = ({ config }: Container, args: string[], env: string[]): string[] => {
  const inside = ['env', '-C', config.WorkingDir, ...config.Env, ...env, ...config.Entrypoint];
  return [...inside, ...(args.length > 0 ? args : config.Cmd)];
};
/** As `docker run`: without arguments, the command of the image. */
function start(name: string, of: Container, args: string[], env: string[] = [], input?: string): Program {
  const program = of.debian.start(name, of.config.User, commandOf(of, args, env), input);
  running.push(program);
  return program;
}
const finished = (of: Container, args: string[], env: string[], input?: string): Promise<string> =>
  of.debian.run(of.config.User, commandOf(of, args, env), input);

beforeAll(async () => {
  folder = await shared('images');
  server = await made('platen');
  agent = await made('platen-agent');
}, BUILD_MS);
afterAll(async () => {
  for (const program of running.reverse()) await program.stop();
  for (const container of containers) await buildah(folder, 'rm', container);
});

it('the images run without rights, and keep their data in a volume', () => {
  expect(server.config).toMatchObject({ User: 'platen', Volumes: { '/var/lib/platen': {} } });
  expect(agent.config).toMatchObject({ User: 'platen-agent', Volumes: { '/var/lib/platen-agent': {} } });
});

it('lead from nothing to a session', async () => {
  const [http, xmpp, relay, panel, mfp] = (await freePorts(5)) as [number, number, number, number, number];
  const here = ['PLATEN_HOST', 'PLATEN_XMPP_HOST', 'PLATEN_RELAY_HOST'].map((name) => `${name}=127.0.0.1`);
  const env = [...here, `PLATEN_PORT=${http}`, `PLATEN_XMPP_PORT=${xmpp}`, `PLATEN_RELAY_PORT=${relay}`];
  const create = ['server', 'create-user', 'alex', '--role', 'admin', '--password-stdin'];
  await finished(server, create, env, `${PASSWORD}\n`);
  const serving = start('server', server, [], env);
  await serving.logged('relay connected');

  const url = `http://127.0.0.1:${http}`;
  await finished(server, ['login', url, '--user', 'alex', '--password-stdin'], env, `${PASSWORD}\n`);
  const place = ['--customer', 'Acme', '--site', 'Berlin', '--devices', 'hall-*'];
  const code = await finished(server, ['enrolment-code', 'hall', ...place], env);
  running.push(Program.start('mfp', [process.execPath, CLI, 'mfp', '--port', String(mfp)]));
  const applications = [{ id: 'web', title: 'Pages', target: `http://127.0.0.1:${mfp}` }];
  const devices = [{ id: 'hall-mfp', name: 'Hall', kind: 'mfp', applications }];
  await writeFile(
    join(agent.debian.root, 'etc/platen-agent/agent.json'),
    JSON.stringify({ devices, panel: { port: panel } }),
  );
  await finished(agent, ['enrol', '-', '--server', url], [], `${/\S+\.\S{20,}/.exec(code)![0]}\n`);
  const attending = start('agent', agent, []);
  await attending.logged('agent online');

  const connect = start('connect', server, ['connect', 'hall-mfp', 'web', '--reason', 'New toner', '--json'], env);
  const { sessionId } = await event(connect, 'requested');
  const asked = () => attending.log.find((line) => line.step === 'S143' && line.remoteSessionId === sessionId);
  await attending.until(asked, 'shows the approval screen');
  await press({ panelUrl: `http://127.0.0.1:${panel}` }, `/approvals/${sessionId}`, { decision: 'approved' });
  const { url: local } = await event(connect, 'listening');
  expect(await (await fetch(String(local))).text()).toContain('<title>');
  await press({ panelUrl: `http://127.0.0.1:${panel}` }, `/sessions/${sessionId}/end`, {});
  expect(await event(connect, 'ended')).toMatchObject({ ending: 'ended-by-device' });
});
