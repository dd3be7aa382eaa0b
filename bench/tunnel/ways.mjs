// Ways to the application: each is `{ name, to: { port }, stop() }`.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { SSH, SSHD, WEBSOCKIFY } from '../peers.mjs';
import { firstLine } from '../report.mjs';
import { meshcentral as startMeshcentral } from './meshcentral.mjs';
import { listening, program, stopping } from './programs.mjs';

const load = (root, module) => createRequire(import.meta.url)(join(root, `dist/src/${module}.js`));
const freePorts = (root, count) => load(root, 'demo/free-ports').freePorts(count);
/** Server, relay, agent, a person who approves, and `platen connect`. */
export async function platen(root, folder, application) {
  const { setStage, reservePorts, SAMPLE_USERS, finished } = load(root, 'demo/stage');
  const target = `tcp://127.0.0.1:${application.port}`;
  const stage = await setStage({
    folder,
    ports: await reservePorts(),
    cli: join(root, 'dist/src/cli.js'),
    applications: [{ device: 'demo-mfp', id: 'bench', target }],
  });
  try {
    const { username, password } = SAMPLE_USERS.technician;
    const login = ['login', stage.serverUrl, '--user', username, '--password-stdin'];
    await finished(stage.platen('terminal', login, `${password}\n`));
    const terminal = stage.platen('terminal', ['connect', 'demo-mfp', 'bench', '--reason', 'Measuring', '--json']);
    const event = (name) =>
      terminal.until(
        () =>
          terminal.printed
            .filter((line) => line.startsWith('{'))
            .map((line) => JSON.parse(line))
            .find((each) => each.event === name),
        name,
      );
    const { sessionId } = await event('requested');
    await approve(stage, sessionId);
    const { port } = await event('listening');
    const stop = async () => {
      await terminal.stop('SIGINT');
      await stage.stop();
    };
    return { name: 'Platen, `platen connect`', to: { port }, stop };
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

/** The YES at the device, when its screen is shown. @returns the time of the YES (performance.now) */
export async function approve(stage, sessionId) {
  const { agent } = stage.programs;
  const isShown = ({ step, remoteSessionId }) => step === 'S143' && remoteSessionId === sessionId;
  await agent.until(() => agent.log.find(isShown), 'shows the approval screen');
  const at = performance.now();
  const headers = { 'Content-Type': 'application/json', Origin: stage.panelUrl };
  const body = JSON.stringify({ decision: 'approved' });
  const answer = await fetch(`${stage.panelUrl}/approvals/${sessionId}`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`the panel answered ${answer.status}`);
  return at;
}

/** `ssh -R` to a server of its own, with keys of its own. */
export async function ssh(root, folder, application) {
  if (!existsSync(SSHD) || !existsSync(SSH)) return undefined;
  const place = join(folder, 'ssh');
  mkdirSync(place, { mode: 0o700 });
  for (const name of ['host', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(place, name)]);
  const [sshPort, port] = await freePorts(root, 2);
  const settings = [
    `Port ${sshPort}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(place, 'host')}`,
    `AuthorizedKeysFile ${join(place, 'user.pub')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'AllowTcpForwarding remote',
  ];
  const file = join(place, 'sshd_config');
  writeFileSync(file, `${settings.join('\n')}\n`);
  // as root it wants /run/sshd, in a namespace of mounts of its own
  const run = `mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec ${SSHD} "$@"`;
  const enter = process.getuid() === 0 ? ['unshare', '--mount', 'sh', '-ec', run, 'sshd'] : [SSHD];
  const [command, ...words] = [...enter, '-D', '-e', '-f', file];
  const server = spawn(command, words, { stdio: ['ignore', 'ignore', 'ignore'] });
  await listening(sshPort);
  const client = spawn(
    SSH,
    [
      ...['-N', '-F', 'none', '-i', join(place, 'user'), '-p', String(sshPort)],
      ...[
        'StrictHostKeyChecking=no',
        'UserKnownHostsFile=/dev/null',
        'ExitOnForwardFailure=yes',
        'LogLevel=ERROR',
      ].flatMap((option) => ['-o', option]),
      ...['-R', `127.0.0.1:${port}:127.0.0.1:${application.port}`, `${userInfo().username}@127.0.0.1`],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  await listening(port);
  const stop = async () => {
    await stopping(client)();
    await stopping(server)();
  };
  const version = execFileSync('sh', ['-c', `${SSH} -V 2>&1`], { encoding: 'utf8' });
  return { name: `\`ssh -R\` (${/^\w+_[\w.]+/.exec(version)?.[0] ?? 'OpenSSH'})`, to: { port }, stop };
}

/** websockify before the application; the client speaks WebSocket. It has no relay. */
export async function websockify(root, _folder, application) {
  if (!existsSync(WEBSOCKIFY)) return undefined;
  const [port] = await freePorts(root, 1);
  const child = spawn(WEBSOCKIFY, [`127.0.0.1:${port}`, `127.0.0.1:${application.port}`], { stdio: 'ignore' });
  await listening(port);
  const near = await program('websocket-port.mjs', [`ws://127.0.0.1:${port}/`]);
  const stop = () => Promise.all([near.stop(), stopping(child)()]);
  const version = firstLine('dpkg-query', '-W', '-f', '${Version}', 'python3-websockify');
  return { name: `websockify ${version?.replace(/[+-].*/, '') ?? ''}`.trim(), to: { port: near.message }, stop };
}

/** MeshCentral's server with its relay, its agent, and a client that speaks its WebSocket. */
export const meshcentral = async (root, folder, application) =>
  startMeshcentral((await freePorts(root, 1))[0], folder, application);
