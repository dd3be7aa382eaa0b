import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

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

/** Asks a process to end and waits until it has; by force after `ms`. */
export async function endProcess(pid: number, ms: number): Promise<void> {
  const deadline = Date.now() + ms;
  signal(pid, 'SIGTERM');
  while (isAlive(pid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  if (isAlive(pid)) signal(pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has exited meanwhile
  }
}

/** Whether another program listens there. */
export function isInUse(host: string, port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'));
    probe.listen(port, host, () => probe.close(() => resolve(false)));
  });
}
