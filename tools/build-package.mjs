// Builds platen_<version>_<architecture>.deb from the built checkout: server, relay, agent and command, with the Node.js
// that runs this script. Needs dpkg-deb.
//   npm run package -- --out <folder>
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { out } = parseArgs({ options: { out: { type: 'string' } } }).values;
if (!out) {
  console.error('usage: npm run package -- --out <folder>');
  process.exit(2);
}
process.umask(0o022); // the files of a package are readable by all

const root = fileURLToPath(new URL('..', import.meta.url));
const readJson = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const { version, description } = readJson('package.json');
const printed = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' }).trim();
const architecture = printed('dpkg', '--print-architecture');
const glibc = printed('getconf', 'GNU_LIBC_VERSION').split(' ')[1];

const tree = mkdtempSync(join(tmpdir(), 'platen-package-'));
const copy = (from, to, filter) => {
  mkdirSync(dirname(join(tree, to)), { recursive: true });
  cpSync(resolve(root, from), join(tree, to), { recursive: true, dereference: true, filter });
};
const write = (to, content, mode = 0o644) => {
  mkdirSync(dirname(join(tree, to)), { recursive: true });
  writeFileSync(join(tree, to), content);
  chmodSync(join(tree, to), mode);
};

/** Sources and intermediate files of sqlite3. */
const COMPILED_FROM = /node_modules\/sqlite3\/(deps|src|build\/(?!Release$|Release\/node_sqlite3\.node$).+)$/;

const isPackage = /(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/; // the rest are the sources of links
/** Packages that the programs load: neither those of developers nor the optional ones, which compile others. */
const loaded = Object.entries(readJson('node_modules/.package-lock.json').packages)
  .filter(([path, { dev, devOptional, optional }]) => isPackage.test(path) && !dev && !devOptional && !optional)
  .map(([path]) => path);

try {
  copy('package.json', 'usr/lib/platen/package.json');
  copy('dist', 'usr/lib/platen/dist', (path) => !/\/\.[^/]*$|\.map$/.test(path));
  for (const path of loaded)
    copy(path, `usr/lib/platen/${path}`, (file) => {
      const isNested = file !== resolve(root, path) && basename(file) === 'node_modules'; // listed on its own
      return !isNested && !COMPILED_FROM.test(file);
    });
  copy(process.execPath, 'usr/lib/platen/node');
  copy('packaging/debian/platen', 'usr/bin/platen');
  for (const unit of ['platen-server.service', 'platen-agent.service'])
    copy(`packaging/debian/${unit}`, `usr/lib/systemd/system/${unit}`);
  const settings = readFileSync(join(root, '.env.example'), 'utf8').replace(
    /^#PLATEN_DATA=.*$/m,
    'PLATEN_DATA=/var/lib/platen/data',
  );
  write('etc/platen/server.env', settings, 0o640);
  for (const file of ['README.md', 'CHANGELOG.md', 'docs']) copy(file, `usr/share/doc/platen/${basename(file)}`);
  copy('LICENSE', 'usr/share/doc/platen/copyright');

  const kilobytes = printed('du', '-sk', '--apparent-size', tree).split('\t')[0];
  write(
    'DEBIAN/control',
    `Package: platen
Version: ${version.replace('-', '~')}
Architecture: ${architecture}
Maintainer: The Platen authors
Installed-Size: ${kilobytes}
Depends: adduser, libc6 (>= ${glibc}), libstdc++6
Section: admin
Priority: optional
Description: ${description}
 Server, relay, device agent and command line, with the Node.js that they need.
`,
  );
  write('DEBIAN/conffiles', '/etc/platen/server.env\n');
  for (const script of ['postinst', 'prerm', 'postrm']) copy(`packaging/debian/${script}`, `DEBIAN/${script}`);

  mkdirSync(resolve(out), { recursive: true });
  const file = join(resolve(out), `platen_${version}_${architecture}.deb`);
  // level 3 of xz: a fifth of the time of the default, and a tenth more bytes
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z3', '--build', tree, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(file);
} finally {
  rmSync(tree, { recursive: true, force: true });
}
