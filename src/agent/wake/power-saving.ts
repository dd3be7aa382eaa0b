import type { Journal } from '../../journal/journal';
import { sleep, type WakeAddress } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { wakeContext, wakeRequest, type WakeRequest } from '../../protocol/wake';
import { unseal } from '../../tunnel/sealed-text';
import type { ControlChannel } from '../channel/control-channel';
import { WakeListener } from './wake-listener';

export interface PowerSavingOptions {
  readonly agentId: string;
  readonly wake: WakeAddress;
  /** The agent goes to sleep when it has been idle for this time. */
  readonly idleMs: number;
  /** The agent connects after this time even if it was not woken. */
  readonly sleepMs?: number;
  readonly channel: Pick<ControlChannel, 'start' | 'stop' | 'request' | 'online'>;
  /** Whether a session, an approval request or a job is open. */
  readonly isBusy: () => boolean;
  /** A4: processes the request that woke the agent. */
  readonly onWoken: (request: WakeRequest) => void;
  readonly onChange: () => void;
  readonly journal: Journal;
}

/**
 * The power-saving mode of an agent (A1): awake -> falling asleep -> asleep -> awake. While asleep, the agent has no
 * connection to the control plane. A request sealed with the key of this sleep wakes it early.
 */
export class PowerSaving {
  readonly #listener = new WakeListener((sealed) => this.#onRequest(sealed));
  #key: Buffer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly options: PowerSavingOptions) {}

  get asleep(): boolean {
    return this.#key !== undefined;
  }

  /** Rejects if the wake address is not available. */
  async start(): Promise<void> {
    await this.#listener.listen(this.options.wake.host, this.options.wake.port);
    this.resetIdleTimer();
  }

  async stop(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#listener.close();
  }

  /** Restarts the idle time; call it on activity. */
  resetIdleTimer(): void {
    if (this.asleep || this.#closed) return;
    this.#after(this.options.idleMs, () => void this.#fallAsleep());
  }

  async #fallAsleep(): Promise<void> {
    const { channel, isBusy, wake, journal } = this.options;
    try {
      if (isBusy() || !channel.online) return this.resetIdleTimer();
      const { key } = await channel.request(sleep, { wake });
      // A request may have arrived meanwhile. The next login corrects the server's state.
      if (isBusy() || this.#closed) return this.resetIdleTimer();
      this.#key = Buffer.from(key, 'base64url');
      this.#after(this.options.sleepMs ?? LIMITS.SLEEP_MS, () => this.#wake('scheduled'));
      await channel.stop();
      journal.info('agent asleep', { ...wake });
      this.options.onChange();
    } catch (error) {
      journal.warn('cannot go to sleep', { detail: (error as Error).message });
      this.resetIdleTimer();
    }
  }

  #onRequest(sealed: string): boolean {
    const { agentId, journal, onWoken } = this.options;
    const request = this.#key && opened(this.#key, agentId, sealed);
    if (!request) {
      journal.warn('refused a wake request', { asleep: this.asleep });
      return false;
    }
    this.#wake('woken by a substitute');
    onWoken(request);
    return true;
  }

  #wake(why: string): void {
    this.#key = undefined;
    this.options.journal.info('agent awake', { why });
    this.resetIdleTimer();
    // the old stream may still be closing
    void this.options.channel.stop().then(() => this.#closed || this.options.channel.start());
    this.options.onChange();
  }

  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
}

function opened(key: Buffer, agentId: string, sealed: string): WakeRequest | undefined {
  try {
    const request = wakeRequest.parse(JSON.parse(unseal(key, wakeContext(agentId), sealed)));
    return request.agentId === agentId ? request : undefined;
  } catch {
    return undefined;
  }
}
