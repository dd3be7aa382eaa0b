// Network namespaces that end with the process that is started in them.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PYTHON = '/usr/bin/python3';
const asUser = process.getuid() === 0 ? [] : ['--user', '--map-root-user'];

/** @returns the words before a command that run it in namespaces of its own; `missing`: why there are none */
export function namespaces() {
  const enter = ['unshare', '--net', '--mount', ...asUser, '--'];
  const [file, ...args] = [...enter, 'ip', 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far'];
  const { status, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) return { missing: error?.message ?? stderr.trim().split('\n').at(-1) };
  if (!existsSync(PYTHON)) return { missing: `${PYTHON} is needed to delay packets` };
  return { enter };
}
