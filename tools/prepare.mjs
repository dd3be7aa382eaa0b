// Prepares a checkout to run (`--test`: to run its tests; `--bench`: its benchmarks). Installs or builds only what is missing:
// Node packages, the build, and the Debian packages that tests and benchmarks use as counterparts.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const forTests = process.argv.includes('--test');
const forBench = process.argv.includes('--bench');

/** Inputs of the build besides `src`. */
const BUILT_FROM = [
  'package.json',
  'package-lock.json',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'ormconfig.ts',
  'tools/build-browser-code.mjs',
];

/** Programs that the tests run against Platen: file or folder -> Debian package. */
const COUNTERPARTS = JSON.parse(readFileSync(join(root, 'tools/counterparts.json'), 'utf8'));
/** What replaces a counterpart that cannot be installed; the tests then take longer. */
const REPLACEMENTS = { '/usr/bin/chromium-headless-shell': '/usr/bin/chromium' };

/** apt-get that starts no service of what it installs (invoke-rc.d(8)). */
const WITHOUT_SERVICES = `
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > $policy && chmod 755 $policy
fi
apt-get "$@"`;

function fail(line) {
  console.error(`platen: ${line}`);
  process.exit(1);
}
// one line is enough for an unwritable folder or a full disk
process.on('uncaughtException', (error) => fail(error.message));

// First, because the rest uses functions that older versions of Node lack. The versions are those of `engines`.
const [major, minor] = process.versions.node.split('.').map(Number);
if (!(major >= 24 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)))
  fail(`Node 20.19, 22.12, 24 or newer is needed, this is ${process.versions.node}`);

/** @returns why the command failed */
function attempt(what, command, ...args) {
  process.stderr.write(`platen: ${what} ...\n`);
  const done = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024, // compilers write a lot, and exceeding the buffer would kill them
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (done.status === 0) return undefined;
  if (done.signal === 'SIGINT') fail(`${what} was interrupted`);
  const why = `${what} failed (${done.error?.message ?? done.signal ?? `exit ${done.status}`})`;
  return { why, output: `${done.stdout ?? ''}${done.stderr ?? ''}` };
}

function run(what, command, ...args) {
  const failure = attempt(what, command, ...args);
  if (!failure) return;
  process.stderr.write(failure.output);
  fail(`${failure.why}; see the output above`);
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
  rmSync(path, { force: true }); // an interrupted run must not leave the stamp of an earlier one
  make();
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, value);
}

const sources = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();

once('node_modules/.platen-installed', fingerprint('package.json', 'package-lock.json', ...sources('vendor')), () =>
  run('installing Node packages (a minute or two)', 'npm', 'ci', '--no-audit', '--no-fund'),
);
once('dist/.platen-built', fingerprint(...BUILT_FROM, ...sources('src')), () =>
  run('building', 'npm', 'run', '--silent', 'build'),
);

/** @returns the commands that update the lists of apt and install these packages */
function debian(packages) {
  const asRoot = process.getuid() === 0 ? [] : ['sudo', '-n'];
  const install = ['install', '-y', '--no-install-recommends', '--no-remove', ...packages];
  return {
    update: [...asRoot, 'apt-get', 'update'],
    install: [...asRoot, 'sh', '-c', WITHOUT_SERVICES, 'sh', ...install],
  };
}
const hasApt = existsSync('/usr/bin/apt-get');

if (forTests) {
  const missing = Object.keys(COUNTERPARTS).filter((path) => !existsSync(path));
  const packages = missing.map((path) => COUNTERPARTS[path]);
  const isReplaced = missing.every((path) => existsSync(REPLACEMENTS[path] ?? ''));
  if (!isReplaced && !hasApt)
    fail(`the tests need ${packages.join(', ')}, but apt-get is not available to install them`);
  if (packages.length > 0 && hasApt) {
    const { update, install } = debian(packages);
    const installing = `installing ${packages.join(', ')}`;
    if (!isReplaced) {
      run('looking for Debian packages', ...update);
      run(installing, ...install);
    } else if (attempt(installing, ...install)) {
      process.stderr.write(`platen: ${packages.join(', ')} cannot be installed; the tests take longer\n`);
    }
  }
}
if (forBench) {
  const { DEBIAN, MESHCENTRAL } = await import('../bench/peers.mjs');
  const packages = Object.keys(DEBIAN)
    .filter((path) => !existsSync(path))
    .map((path) => DEBIAN[path]);
  const failures = [];
  if (packages.length > 0 && hasApt) {
    const { update, install } = debian(packages);
    failures.push(attempt('looking for Debian packages', ...update));
    failures.push(attempt(`installing ${packages.join(', ')}`, ...install));
  }
  const { folder, version } = MESHCENTRAL;
  if (!existsSync(join(folder, 'node_modules/meshcentral'))) {
    const options = ['--prefix', folder, '--no-audit', '--no-fund', '--omit=optional', '--ignore-scripts'];
    failures.push(attempt('installing MeshCentral', 'npm', 'install', ...options, `meshcentral@${version}`));
  }
  for (const failure of failures) if (failure) process.stderr.write(`platen: ${failure.why}; it is not compared\n`);
}
if (!statSync(join(root, 'dist/src/cli.js'), { throwIfNoEntry: false }))
  fail('the build did not create dist/src/cli.js');
