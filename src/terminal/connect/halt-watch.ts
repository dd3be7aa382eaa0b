import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../protocol/api';
import { jittered } from '../../protocol/waits';
import type { ApiClient } from '../api-client';
import type { ConnectProgress } from './connect-progress';
import type { TerminalIo } from '../terminal-io';
import { TERMINAL_LIMITS } from '../terminal-limits';

/**
 * Shows once that a session was halted for a deployment (S316): when the control plane reports it, or at the latest
 * when the relay has ended the terminal's half.
 */
export class HaltWatch {
  private watching: AbortController | undefined;
  private isShown = false;

  constructor(
    private readonly io: TerminalIo,
    private readonly client: ApiClient,
    private readonly sessionId: string,
    private readonly progress: ConnectProgress,
  ) {}

  /** Called after `draining`: polls the control plane until it reports the halt or the half has ended. Never rejects. */
  async start(closed: Promise<unknown>): Promise<void> {
    if (this.watching) return;
    const over = new AbortController();
    this.watching = over;
    void closed.then(() => over.abort());
    while (!over.signal.aborted && !this.isShown) {
      const session = await this.client.session(this.sessionId).catch(() => undefined);
      if (session && isHalted(session)) return this.show();
      const wait = jittered(TERMINAL_LIMITS.HALT_POLL_MS, { least: 0.75, most: 1.25 });
      await delay(wait, undefined, { signal: over.signal }).catch(() => undefined);
    }
  }

  /** The deployment was stopped. */
  rest(): void {
    this.watching?.abort();
    this.watching = undefined;
  }

  show(): void {
    if (this.isShown) return;
    this.isShown = true;
    this.io.journal.step('S316', this.sessionId);
    this.progress.halted(this.sessionId);
  }
}

/** S315: the device's end log has arrived. */
const isHalted = ({ ending, device }: Session): boolean =>
  ending === 'halted-by-deployment' && device.state === 'ended';
