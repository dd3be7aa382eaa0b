// Builds the Debian packages from the built checkout, with the Node.js that runs this script. Needs dpkg-deb.
//   platen_<version>_<architecture>.deb          server, relay and command
//   platen-agent_<version>_<architecture>.deb    the agent, as one script
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

mkdirSync(resolve(out), { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'platen-package-'));

/** Sources and intermediate files of sqlite3. */
const COMPILED_FROM = /node_modules\/sqlite3\/(deps|src|build\/(?!Release$|Release\/node_sqlite3\.node$).+)$/;

const isPackage = /(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/; // the rest are the sources of links
/** Packages that the programs load: neither those of developers nor the optional ones, which compile others. */
const loaded = Object.entries(readJson('node_modules/.package-lock.json').packages)
  .filter(([path, { dev, devOptional, optional }]) => isPackage.test(path) && !dev && !devOptional && !optional)
  .map(([path]) => path);

/** The files of a package. */
class Tree {
  constructor(name) {
    this.name = name;
    this.root = join(work, name);
  }
  copy(from, to, filter) {
    mkdirSync(dirname(join(this.root, to)), { recursive: true });
    cpSync(resolve(root, from), join(this.root, to), { recursive: true, dereference: true, filter });
  }
  write(to, content, mode = 0o644) {
    mkdirSync(dirname(join(this.root, to)), { recursive: true });
    writeFileSync(join(this.root, to), content);
    chmodSync(join(this.root, to), mode);
  }
  copyPackages(paths, to) {
    for (const path of paths)
      this.copy(path, `${to}/${path}`, (file) => {
        const isNested = file !== resolve(root, path) && basename(file) === 'node_modules'; // listed on its own
        return !isNested && !COMPILED_FROM.test(file);
      });
  }
  /** @param about further lines of the control file, and the long description */
  build(scripts, { fields = '', depends = '', summary, contents }) {
    const kilobytes = printed('du', '-sk', '--apparent-size', this.root).split('\t')[0];
    this.write(
      'DEBIAN/control',
      `Package: ${this.name}
Version: ${version.replace('-', '~')}
Architecture: ${architecture}
Maintainer: The Platen authors
Installed-Size: ${kilobytes}
Depends: adduser, libc6 (>= ${glibc}), libstdc++6${depends}
Section: admin
Priority: optional
${fields}Description: ${summary}
 ${contents}
`,
    );
    for (const script of ['postinst', 'prerm', 'postrm']) this.copy(`${scripts}/${script}`, `DEBIAN/${script}`);
    const file = join(resolve(out), `${this.name}_${version}_${architecture}.deb`);
    // against xz: a tenth of the time, a tenth more bytes, and unpacked in less time; every system with this glibc reads it
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z9', '--build', this.root, file], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    console.log(file);
  }
}

function buildServer() {
  const tree = new Tree('platen');
  tree.copy('package.json', 'usr/lib/platen/package.json');
  tree.copy('dist', 'usr/lib/platen/dist', (path) => !/\/\.[^/]*$|\.map$/.test(path));
  tree.copyPackages(loaded, 'usr/lib/platen');
  tree.copy(process.execPath, 'usr/lib/platen/node');
  tree.copy('packaging/debian/server/platen', 'usr/bin/platen');
  tree.copy('packaging/debian/server/platen-server.service', 'usr/lib/systemd/system/platen-server.service');
  const settings = readFileSync(join(root, '.env.example'), 'utf8').replace(
    /^#PLATEN_DATA=.*$/m,
    'PLATEN_DATA=/var/lib/platen/data',
  );
  tree.write('etc/platen/server.env', settings, 0o640);
  for (const file of ['README.md', 'CHANGELOG.md', 'docs', 'ops'])
    tree.copy(file, `usr/share/doc/platen/${basename(file)}`);
  tree.copy('LICENSE', 'usr/share/doc/platen/copyright');
  tree.write('DEBIAN/conffiles', '/etc/platen/server.env\n');
  tree.build('packaging/debian/server', {
    summary: description,
    contents: 'Server, relay and command line, with the Node.js that they need.',
  });
}

function buildAgent() {
  const tree = new Tree('platen-agent');
  const release = join(root, 'tools/build-release.mjs');
  const script = printed(process.execPath, release, '--product', 'agent', '--version', version, '--out', work);
  tree.copy(script, 'usr/lib/platen-agent/platen-agent.cjs');
  const native = ['node_modules/bufferutil', 'node_modules/node-gyp-build']; // the tunnel is faster with it
  tree.copyPackages(native, 'usr/lib/platen-agent');
  tree.copy(process.execPath, 'usr/lib/platen-agent/node');
  tree.copy('packaging/debian/agent/platen-agent', 'usr/bin/platen-agent');
  tree.copy('packaging/debian/agent/platen-agent.service', 'usr/lib/systemd/system/platen-agent.service');
  for (const file of ['docs/RUNNING.md', 'CHANGELOG.md'])
    tree.copy(file, `usr/share/doc/platen-agent/${basename(file)}`);
  tree.copy('LICENSE', 'usr/share/doc/platen-agent/copyright');
  tree.build('packaging/debian/agent', {
    depends: ', util-linux',
    // it had the unit
    fields: 'Replaces: platen (<= 0.1.0)\nBreaks: platen (<< 0.1.0)\n',
    summary: 'Agent of Platen, the remote maintenance for printers and MFPs',
    contents: 'It runs in the network of the devices, with the Node.js that it needs.',
  });
}

try {
  buildServer();
  buildAgent();
} finally {
  rmSync(work, { recursive: true, force: true });
}
