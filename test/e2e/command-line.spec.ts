import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { removeFolder } from '../support/remove-folder';

const CLI = join(__dirname, '../../dist/src/cli.js');
/** The device of the agent. */
const device = createServer((_request, response) => response.end());
let folder: string;
beforeAll(async () => {
  await once(device.listen(0, '127.0.0.1'), 'listening');
  const { port } = device.address() as AddressInfo;
  folder = await mkdtemp(join(tmpdir(), 'platen-command-'));
  const applications = [{ id: 'web', title: 'Web', target: `http://127.0.0.1:${port}` }];
  const devices = [{ id: 'mfp-1', name: 'Hall', kind: 'mfp', applications }];
  await writeFile(join(folder, 'agent.json'), JSON.stringify({ devices }));
});
afterAll(async () => {
  device.close();
  await removeFolder(folder);
});

/** Runs a command; a reader that has closed the pipe is one such as `head`. */
async function run(args: string[], { closed = false } = {}): Promise<[code: number, out: string, err: string]> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder });
  if (closed) child.stdout.destroy();
  const exited = once(child, 'exit') as Promise<[number]>;
  const [out, err] = await Promise.all([closed ? '' : text(child.stdout), text(child.stderr)]);
  return [(await exited)[0], out, err];
}

describe('the command line', () => {
  it.each([
    [['--help']],
    [['agent', 'check', '--config', 'agent.json']],
    [['agent', 'accept-device', 'mfp-1']],
    [['users', '--help']],
  ])('%j does not fail because its reader has closed the pipe', async (args) => {
    expect(await run(args, { closed: true })).toEqual([0, '', '']);
  });

  it('accept-device names a device that the configuration does not have', async () => {
    expect(await run(['agent', 'accept-device', 'nosuch'])).toEqual([1, '', 'agent.json: there is no device nosuch\n']);
  });
});
