import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * Waits until the relay of a killed keeper has stopped, because it still uses the ports and the session log. Kills it
 * after `ms`. The relay's processes are recognised by their environment: a stored process ID could belong to another
 * program by now. Without /proc none is found.
 * @returns the number of processes
 */
export async function awaitOrphanedRelay(folder: string, ms: number): Promise<number> {
  const found = new Set<number>();
  const deadline = performance.now() + ms;
  for (;;) {
    const running = orphans(folder);
    for (const pid of running) found.add(pid);
    if (running.length === 0) return found.size;
    if (performance.now() > deadline) for (const pid of running) kill(pid);
    await delay(POLL_MS);
  }
}

function orphans(folder: string): number[] {
  return processes().filter((pid) => {
    const environment = environmentOf(pid);
    return (
      environment.includes(`PLATEN_RELAY_DATA=${folder}`) &&
      environment.some((entry) => entry.startsWith('PLATEN_RELAY_INSTANCE='))
    );
  });
}

function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Boolean);
  } catch {
    return [];
  }
}

/** Empty if the process has exited or belongs to another user. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has exited meanwhile
  }
}
