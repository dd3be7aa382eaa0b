import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { plainHttp } from './plain-http';

export interface IppEvePrinter {
  readonly port: number;
  /** Its web pages; the printer itself is at `/ipp/print`. */
  readonly url: string;
  /** Ids of the processes behind it. */
  readonly pids: number[];
  stop(): Promise<void>;
}

const START_MS = 10_000;
const POLL_MS = 20;
const KILL_MS = 3_000;

/**
 * Starts CUPS's own `ippeveprinter` (PWG 5100.14) on a free port of loopback. It wants a D-Bus system bus for DNS-SD
 * even when it registers nothing, so it gets a private one.
 */
export async function startIppEvePrinter({ name }: { name: string }): Promise<IppEvePrinter> {
  const folder = await mkdtemp(join(tmpdir(), 'ippeve-'));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const child of [...children].reverse()) await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const bus = join(folder, 'bus');
    await mkdir(join(folder, 'spool'));
    const dbus = start('dbus-daemon', ['--session', '--nofork', `--address=unix:path=${bus}`]);
    children.push(dbus);
    await ready(dbus, 'the bus', () => existsSync(bus));
    const port = await freePort();
    const options = ['-p', String(port), '-n', 'localhost', '-r', 'off', '-d', join(folder, 'spool'), name];
    const printer = start('ippeveprinter', options, { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${bus}` });
    children.push(printer);
    const url = `http://localhost:${port}/`;
    await ready(printer, 'the printer', async () => (await plainHttp(url)).status === 200);
    return { port, url, pids: children.map(({ pid }) => pid!), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whether a process exists and is no zombie (Linux). */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}

function start(command: string, options: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(command, options, { stdio: 'ignore', env: { ...process.env, ...env } });
  child.on('error', () => undefined); // `ready` tells
  return child;
}

async function ready(child: ChildProcess, what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (!(await Promise.resolve(condition()).catch(() => false))) {
    if (child.pid === undefined) throw new Error(`${child.spawnfile} is not installed`);
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${what} stopped at once`);
    if (Date.now() > deadline) throw new Error(`${what} did not start in time`);
    await delay(POLL_MS);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), KILL_MS);
  await exited;
  clearTimeout(kill);
}

/** A port that was free a moment ago: the printer cannot choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
