import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import counterparts from '../tools/counterparts.json';

// A program that is only on the author's machine makes the tests fail on a new one. `npm test` installs what
// tools/counterparts.json names.

const ROOT = join(__dirname, '..');
/** Of packages that every Debian has, or that Node and its packages bring. */
const OF_EVERY_SYSTEM = ['apt-get', 'cp', 'id', 'node', 'npm', 'python3', 'setpriv', 'sh', 'tar', 'unshare'];
/** In the folder that counterparts.json names for their package. */
const OF_POSTGRESQL = ['initdb', 'postgres', 'psql'];
/** Runs a program that is named by a literal. */
const STARTS = /\b(?:spawn|spawnSync|execFile|execFileSync|program)\(\s*'([^']+)'/g;

const installed = [...Object.keys(counterparts).map((path) => basename(path)), ...OF_EVERY_SYSTEM, ...OF_POSTGRESQL];

const tests = ['src', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((file) => file.startsWith('test/') || file.endsWith('.spec.ts')),
);

it('the programs that tests start are installed before the tests', () => {
  const started = tests.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(STARTS)].map(([, command]) => ({ file, command: command! })),
  );
  expect(started.map(({ command }) => command)).toEqual(expect.arrayContaining(['merecat', 'nginx']));
  expect(started.filter(({ command }) => !installed.includes(basename(command)))).toEqual([]);
});
