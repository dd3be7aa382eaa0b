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
 * The relay of this folder that an earlier run of the server left running. The process ID may have been reused, also by
 * another server's relay: only the environment of the process proves that it is ours.
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

/** Sends SIGTERM and waits for the exit; after `ms`, kills the process and its children. */
export async function endProcess(pid: number, ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  signal(pid, 'SIGTERM');
  while (isAlive(pid) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
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

/** Number of pairs of this folder's relay: as set by a deployment, otherwise as configured. */
export function desiredPairs(folder: string, configured: number): number {
  try {
    return relayRun.parse(JSON.parse(readFileSync(join(folder, 'wanted.json'), 'utf8'))).pairs;
  } catch {
    return configured; // no deployment has changed it, or the file is damaged, which the keeper reports
  }
}

/** The first of `count` consecutive ports that another program uses. Port 0 means any free port. */
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
