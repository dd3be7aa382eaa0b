import type { Journal } from '../../journal/journal';
import { sleep } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import type { ControlChannel } from '../channel/control-channel';

export interface PowerSavingOptions {
  /** The agent goes to sleep when it has been idle for this time. */
  readonly idleMs: number;
  /** The agent connects after this time even if it was not woken. */
  readonly sleepMs?: number;
  readonly channel: Pick<ControlChannel, 'start' | 'stop' | 'request' | 'online'>;
  /** Whether a session, an approval request or a job is open. */
  readonly isBusy: () => boolean;
  readonly onChange: () => void;
  readonly journal: Journal;
}

/**
 * The power-saving mode of an agent (A1): awake -> falling asleep -> asleep -> awake. While asleep, the agent has no
 * connection to the control plane; a substitute wakes it early (wake-listener.ts).
 */
export class PowerSaving {
  #asleep = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly options: PowerSavingOptions) {}

  get asleep(): boolean {
    return this.#asleep;
  }

  stop(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Starts the idle time again; call it on activity. */
  resetIdleTimer(): void {
    if (this.#asleep || this.#closed) return;
    this.#after(this.options.idleMs, () => void this.#fallAsleep());
  }

  /** Connects if the agent is asleep. */
  wake(why: string): void {
    if (!this.#asleep || this.#closed) return;
    this.#asleep = false;
    this.options.journal.info('agent awake', { reason: why });
    this.resetIdleTimer();
    // the old stream may still be closing
    void this.options.channel.stop().then(() => this.#closed || this.options.channel.start());
    this.options.onChange();
  }

  async #fallAsleep(): Promise<void> {
    const { channel, isBusy, journal } = this.options;
    try {
      if (isBusy() || !channel.online) return this.resetIdleTimer();
      await channel.request(sleep, {});
      // A request may have arrived meanwhile. The next login corrects the server's state.
      if (isBusy() || this.#closed) return this.resetIdleTimer();
      this.#asleep = true;
      this.#after(this.options.sleepMs ?? LIMITS.SLEEP_MS, () => this.wake('scheduled'));
      await channel.stop();
      journal.info('agent asleep');
      this.options.onChange();
    } catch (error) {
      journal.warn('cannot go to sleep', { detail: (error as Error).message });
      this.resetIdleTimer();
    }
  }

  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
}
