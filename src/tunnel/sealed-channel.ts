import { LIMITS } from '../protocol/limits';
import { parseJson } from '../protocol/parse-json';
import { lineContext, sealedMessage, type LineDirection, type SubstituteChannelNames } from '../protocol/wake';
import type { RpcChannel } from './rpc-channel';
import { seal, unseal } from './sealed-text';

export interface SealedChannelOptions extends SubstituteChannelNames {
  readonly end: 'server' | 'agent';
  /** When this end made the challenge (agent) or received it (server), on the clock of `performance.now`. */
  readonly since: number;
  /** Passes a line on to the other end; drops it if the connection is closed. */
  readonly send: (line: string) => void;
  /** Ends the connection. */
  readonly close: () => void;
}

/**
 * Carries JSON-RPC messages in lines that are sealed for the other end (protocol/wake.ts). A line that was not sealed with
 * the key for this place in this channel, or arrives too late, closes the channel.
 */
export class SealedChannel implements RpcChannel {
  readonly closed: Promise<void>;
  #isOpen = true;
  #resolveClosed: () => void = () => undefined;
  #listener: (message: unknown) => void = () => undefined;
  #sent = 0;
  #received = 0;

  constructor(
    private readonly key: Buffer,
    private readonly options: SealedChannelOptions,
  ) {
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }

  send(message: object): void {
    if (!this.#isOpen) return;
    const { end, send } = this.options;
    const goodForMs = Math.ceil(this.#elapsed) + LIMITS.WAKE_LINE_MS;
    const context = lineContext(this.options, end === 'server' ? 'to-agent' : 'to-server', this.#sent + 1);
    const line = seal(this.key, context, JSON.stringify({ goodForMs, message }));
    // the request remains without an answer
    if (line.length > LIMITS.WAKE_LINE_BYTES) return;
    this.#sent++;
    send(line);
  }

  /** A line of the other end. @returns false if it closed the channel */
  receive(line: string): boolean {
    if (!this.#isOpen) return false;
    const { end } = this.options;
    const opened = this.#open(line, end === 'server' ? 'to-server' : 'to-agent');
    if (!opened || this.#elapsed > opened.goodForMs) {
      this.close();
      return false;
    }
    this.#received++;
    this.#listener(opened.message);
    return true;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.options.close();
    this.ended();
  }

  /** The connection has ended. */
  ended(): void {
    this.#isOpen = false;
    this.#resolveClosed();
  }

  get #elapsed(): number {
    return performance.now() - this.options.since;
  }

  #open(line: string, direction: LineDirection) {
    try {
      const text = unseal(this.key, lineContext(this.options, direction, this.#received + 1), line);
      return sealedMessage.safeParse(parseJson(text)).data;
    } catch {
      return undefined;
    }
  }
}
