// Brings a checkout to where it can run (`--test`: to where its tests can run), doing only what is missing:
// Node packages, the build, and for the tests the Debian packages that are counterparts in them.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const forTests = process.argv.includes('--test');

/** What the tests run beside Platen itself: command or file -> Debian package. */
const COUNTERPARTS = {
  '/usr/sbin/ippeveprinter': 'cups-ipp-utils',
  '/usr/bin/dbus-daemon': 'dbus-daemon',
  '/usr/lib/python3/dist-packages/slixmpp': 'python3-slixmpp',
  '/usr/bin/curl': 'curl',
};

function fail(line) {
  console.error(`platen: ${line}`);
  process.exit(1);
}

function run(what, command, ...args) {
  process.stderr.write(`platen: ${what} ...\n`);
  const done = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (done.status === 0) return;
  process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`);
  fail(`${what} failed (${done.error?.message ?? `exit ${done.status}`}); the lines above say why`);
}

const fingerprint = (...files) => {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
};

/** Runs `make` unless the stamp of an earlier success still has the same fingerprint. */
function once(stamp, value, make) {
  const path = join(root, stamp);
  if (existsSync(path) && readFileSync(path, 'utf8') === value) return;
  make();
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, value);
}

const sources = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Node 20.19 or newer is needed, this is ${process.versions.node}`);

once('node_modules/.platen-installed', fingerprint('package.json', 'package-lock.json'), () =>
  run('installing Node packages (a minute or two)', 'npm', 'ci', '--no-audit', '--no-fund'),
);
once(
  'dist/.platen-built',
  fingerprint('package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'ormconfig.ts', ...sources('src')),
  () => run('building', 'npm', 'run', '--silent', 'build'),
);

if (forTests) {
  const missing = Object.keys(COUNTERPARTS)
    .filter((path) => !existsSync(path))
    .map((path) => COUNTERPARTS[path]);
  if (missing.length > 0) {
    if (!existsSync('/usr/bin/apt-get'))
      fail(`the tests need ${missing.join(', ')}, and there is no apt-get to install them`);
    const sudo = process.getuid() === 0 ? [] : ['sudo', '-n'];
    const apt = [...sudo, 'apt-get'];
    run('looking for Debian packages', ...apt, 'update');
    run(
      `installing ${missing.join(', ')}`,
      ...apt,
      'install',
      '-y',
      '--no-install-recommends',
      '--no-remove',
      ...missing,
    );
  }
}
if (!statSync(join(root, 'dist/src/cli.js'), { throwIfNoEntry: false })) fail('the build left no dist/src/cli.js');
