import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../journal/journal';
import type { DevicePorts } from './device-ports';
import type { Machine } from './machine/machine';

/** Restarts the machine on its request, and after it has written firmware. In between it is unreachable. */
export class Power {
  private restarting: Promise<void> | undefined;
  private writing: NodeJS.Timeout | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly machine: Machine,
    private readonly ports: DevicePorts,
    private readonly times: { readonly restartMs: number; readonly writeMs: number },
    private readonly journal: Journal,
  ) {
    machine.on('restart', () => {
      this.restarting ??= this.restart()
        .catch((error: unknown) => void journal.unexpected(error, 'restarting the machine'))
        .finally(() => (this.restarting = undefined));
    });
    machine.on('firmware', () => {
      clearTimeout(this.writing);
      this.writing = setTimeout(() => machine.restart(), times.writeMs);
    });
  }

  /** Switches it off permanently. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.writing);
    await this.restarting;
    this.machine.stop();
    await this.ports.close();
  }

  private async restart(): Promise<void> {
    clearTimeout(this.writing);
    this.journal.info('mfp restarts', { durationMs: this.times.restartMs });
    this.machine.switchOff();
    await this.ports.close();
    await delay(this.times.restartMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    this.machine.switchOn();
    if (this.stopping.signal.aborted) return;
    await this.ports.open();
    this.journal.info('mfp is back', { firmwareVersion: this.machine.memory.firmware });
  }
}
