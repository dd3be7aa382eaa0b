import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { relayRun } from '../../protocol/keeper-rpc';

export interface RelayProcess {
  readonly pid: number;
  readonly environment: Record<string, string>;
}

export const pidFileOf = (folder: string): string => join(folder, 'relay.pid');

/**
 * The relay of this very folder that an earlier server has left running. A process ID may belong to another program by
 * now, or to the relay of another server: only its own environment says that it is ours.
 * @returns undefined also on a system without /proc
 */
export function runningRelay(folder: string): RelayProcess | undefined {
  try {
    const pid = Number(readFileSync(pidFileOf(folder), 'utf8'));
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const lines = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const environment = Object.fromEntries(lines.map((line) => [line.split('=', 1)[0]!, line.replace(/^[^=]*=/, '')]));
    return words.includes('relay') && environment.PLATEN_RELAY_DATA === folder ? { pid, environment } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Asks a process to end and waits until it has; by force after `ms`, with those that it has started. */
export async function endProcess(pid: number, ms: number): Promise<void> {
  const deadline = Date.now() + ms;
  signal(pid, 'SIGTERM');
  while (isAlive(pid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  if (!isAlive(pid)) return;
  signal(-pid, 'SIGKILL'); // a keeper leads a group of its own; its Masters lead theirs, and stop when it is gone
  signal(pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has exited meanwhile
  }
}

/** How many pairs the relay of this folder will have: as many as a deployment has set, or else as configured. */
export function wantedPairs(folder: string, configured: number): number {
  try {
    return relayRun.parse(JSON.parse(readFileSync(join(folder, 'wanted.json'), 'utf8'))).pairs;
  } catch {
    return configured; // no deployment has changed it; what is damaged is the keeper's to tell
  }
}

/** The first of so many ports in a row on which another program listens; port 0 is any free one. */
export async function portInUse(host: string, first: number, count: number): Promise<number | undefined> {
  if (first === 0) return undefined;
  for (let port = first; port < first + count; port++) if (await isInUse(host, port)) return port;
  return undefined;
}

function isInUse(host: string, port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'));
    probe.listen(port, host, () => probe.close(() => resolve(false)));
  });
}
