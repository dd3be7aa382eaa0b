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
  /** Without anything to do for so long, the agent goes to sleep. */
  readonly idleMs: number;
  /** The agent connects after this time even if it was not woken. */
  readonly sleepMs?: number;
  readonly channel: Pick<ControlChannel, 'start' | 'stop' | 'request' | 'online'>;
  /** Whether there is something to do: a session, a question, a job. */
  readonly isBusy: () => boolean;
  /** A4: what the agent was woken for. */
  readonly onWoken: (request: WakeRequest) => void;
  readonly onChange: () => void;
  readonly journal: Journal;
}

/**
 * The power-saving mode of an agent (A1): awake -> falling asleep -> asleep -> awake. Asleep it holds no session with
 * the control plane, and only a request that was sealed with the key of this sleep wakes it before its time.
 */
export class PowerSaving {
  readonly #listener = new WakeListener((sealed) => this.#take(sealed));
  #key: Buffer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly options: PowerSavingOptions) {}

  get asleep(): boolean {
    return this.#key !== undefined;
  }

  /** Rejects where the address to be woken at cannot be had. */
  async start(): Promise<void> {
    await this.#listener.listen(this.options.wake.host, this.options.wake.port);
    this.resetIdleTimer();
  }

  async stop(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#listener.close();
  }

  /** The agent was active: the idle time starts again. */
  resetIdleTimer(): void {
    if (this.asleep || this.#closed) return;
    this.#after(this.options.idleMs, () => void this.#fallAsleep());
  }

  async #fallAsleep(): Promise<void> {
    const { channel, isBusy, wake, journal } = this.options;
    try {
      if (isBusy() || !channel.online) return this.resetIdleTimer();
      const { key } = await channel.request(sleep, { wake });
      if (isBusy() || this.#closed) return this.resetIdleTimer(); // asked in this very moment; the next login tells the server
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

  #take(sealed: string): boolean {
    const { agentId, journal, onWoken } = this.options;
    const request = this.#key && opened(this.#key, agentId, sealed);
    if (!request) {
      journal.warn('refused a request to wake', { asleep: this.asleep });
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
    // after the stream that is being closed has closed
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
