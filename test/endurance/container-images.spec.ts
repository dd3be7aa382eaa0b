import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '../../src/demo/free-ports';
import { Program } from '../../src/demo/programs';
import { event, press } from '../../src/demo/scenario';
import { readConfig } from '../../src/server/config/config';
import { removeFolder } from '../support/remove-folder';
import { shared } from '../support/run/shared';
import { CleanDebian } from '../support/stage/clean-debian';
import { CLI } from '../support/stage/test-stage';

// Buildah builds the images on a minimal Debian, in place of the image from a registry. What it has built is started as a
// container engine does it: with the user, the environment and the command of the image, in its file system.

const run = promisify(execFile);
const CONTAINER = join(__dirname, '../../packaging/container');
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
let base: CleanDebian;
let server: Container;
let agent: Container;
const running: Program[] = [];

/** Its storage is in the folder, and its containers share the network of this computer. */
const buildah = async (...args: string[]): Promise<string> => {
  const storage = ['--storage-driver', 'vfs', '--root', join(folder, 'storage'), '--runroot', join(folder, 'run')];
  const { stdout } = await run('buildah', [...storage, ...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
};
async function built(target: 'server' | 'agent'): Promise<Container> {
  const file = ['--file', join(CONTAINER, 'Dockerfile'), '--target', target, '--build-arg', 'BASE=localhost/base'];
  await buildah('build', '--isolation', 'chroot', '--pull-never', ...file, '--tag', target, await shared('packages'));
  const inspected = JSON.parse(await buildah('inspect', '--type', 'image', `localhost/${target}`)) as {
    OCIv1: { config: ImageConfig };
  };
  const container = await buildah('from', '--pull-never', `localhost/${target}`);
  return { debian: CleanDebian.at(await buildah('mount', container)), config: inspected.OCIv1.config };
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
  folder = await mkdtemp('/var/tmp/platen-images-'); // on the disk: the images are large
  base = await CleanDebian.make();
  // as Docker's image of Debian has it
  await writeFile(join(base.root, 'etc/dpkg/dpkg.cfg.d/unsafe-io'), 'force-unsafe-io\n');
  const made = await buildah('from', 'scratch');
  await run('cp', ['-a', `${base.root}/.`, await buildah('mount', made)]);
  await buildah('commit', '--rm', made, 'localhost/base');
  server = await built('server');
  agent = await built('agent');
}, BUILD_MS);
afterAll(async () => {
  for (const program of running.reverse()) await program.stop();
  await base?.remove();
  if (!folder) return;
  await buildah('umount', '--all').catch(() => undefined);
  await removeFolder(folder);
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

it('the settings of compose.yaml are those that the server accepts, and the Caddyfile is one', async () => {
  const settings = await readFile(join(CONTAINER, 'server.env'), 'utf8');
  const compose = await readFile(join(CONTAINER, 'compose.yaml'), 'utf8');
  const [, proxy] = /PLATEN_TRUST_PROXY: (\S+)/.exec(compose)!;
  const [, caddy] = /caddy:\n(?:.*\n)*? +ipv4_address: (\S+)/.exec(compose)!;
  expect(proxy).toBe(caddy);
  const pairs = settings.split('\n').filter((line) => /^PLATEN_/.test(line));
  const image = Object.fromEntries(server.config.Env.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const own = Object.fromEntries(pairs.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const config = readConfig({ ...image, ...own, PLATEN_TRUST_PROXY: proxy });
  expect(config).toMatchObject({ unknown: [], http: { tls: false, proxies: [proxy] } });

  const adapted = join(folder, 'Caddyfile');
  const text = await readFile(join(CONTAINER, 'Caddyfile'), 'utf8');
  await writeFile(adapted, text);
  const { stdout } = await run('caddy', ['adapt', '--config', adapted], { env: { ...process.env, HOME: tmpdir() } });
  const address = /proxy:\n +ipv4_address: (172\S+)/.exec(compose)![1];
  for (const port of [config.http.port, config.relay.port]) expect(stdout).toContain(`${address}:${port}`);
});
