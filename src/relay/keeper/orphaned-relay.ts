import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_AGAIN_MS = 50;

/**
 * Waits for the relay of a keeper that was killed: it stops in order, and until then its ports are taken
 * and the session log is its own. By force after `ms`. Its processes are known by their environment, because a process
 * ID in a file may be another program's by now; on a system without /proc none is found.
 * @returns how many processes there were
 */
export async function awaitOrphanedRelay(folder: string, ms: number): Promise<number> {
  const found = new Set<number>();
  const deadline = Date.now() + ms;
  for (;;) {
    const running = orphans(folder);
    for (const pid of running) found.add(pid);
    if (running.length === 0) return found.size;
    if (Date.now() > deadline) for (const pid of running) kill(pid);
    await delay(LOOK_AGAIN_MS);
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

/** Empty for a process that has exited, or is another user's. */
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
