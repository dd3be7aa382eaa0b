import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { LIMITS } from '../../protocol/limits';
import { parseJson } from '../../protocol/parse-json';
import {
  CLOSE_TERMINATED,
  peerMessage,
  REFUSALS,
  type PeerMessage,
  type Refusal,
  type RelayMessage,
} from '../../protocol/relay-messages';
import { limitPings, watchHeartbeat } from '../../tunnel/heartbeat';

type Establish = Extract<PeerMessage, { type: 'establish' }>;

/** Allowance for frame headers and pings before the first message is complete. */
const OVERHEAD_BYTES = 256;
/** A refused peer may still have this much in transit. If it sends more, the connection is cut. */
const LINGER_BYTES = 64 * 1024;

/** Control messages on one peer's WebSocket. The link handles binary frames. */
export class PeerSocket {
  #state: 'new' | 'establishing' | 'serving' = 'new';
  #bytesBeforeServing = 0;
  #onEstablish: (message: Establish | undefined) => void = () => undefined;
  #onTerminate: () => void = () => undefined;
  readonly #countBytes = (chunk: Buffer) => this.#count(chunk.length);

  /** @param stream the raw stream below `ws`, counted because incomplete frames use memory, too */
  constructor(
    readonly ws: WebSocket,
    private readonly stream: Duplex,
    /** For the log; without port. */
    readonly address: string,
  ) {
    ws.on('error', () => undefined); // `close` follows
    ws.on('message', (data: Buffer, isBinary: boolean) => this.#onMessage(data, isBinary));
    ws.once('close', () => this.#onEstablish(undefined));
    stream.on('data', this.#countBytes);
  }

  get isOpen(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  /** The first message of an unauthenticated peer; undefined: it was refused or has disconnected. */
  establishRequest(): Promise<Establish | undefined> {
    return new Promise((resolve) => {
      const deadline = setTimeout(() => this.refuse('establish-timeout'), LIMITS.RELAY_ESTABLISH_MS);
      this.#onEstablish = (message) => {
        clearTimeout(deadline);
        resolve(message);
      };
    });
  }

  /** Accepts bytes and `terminate` from now on. Before, any further message is refused. */
  serve(listeners: { onTerminate: () => void; onLost: () => void }): void {
    this.#state = 'serving';
    this.stream.off('data', this.#countBytes);
    this.#onTerminate = listeners.onTerminate;
    // The peer may have disconnected while its start log was being acknowledged.
    if (this.ws.readyState === this.ws.CLOSED) return void setImmediate(listeners.onLost);
    this.ws.once('close', listeners.onLost);
    limitPings(this.ws, () => this.refuse('too-many-pings'));
    watchHeartbeat(this.ws, LIMITS.RELAY_PING_INTERVAL_MS, () => this.ws.terminate());
  }

  send(message: RelayMessage): void {
    if (this.isOpen) this.ws.send(JSON.stringify(message));
  }

  refuse(code: Refusal, detail = ''): void {
    this.send({ type: 'refused', code, detail });
    this.ws.close(REFUSALS[code].close, code);
    this.#onEstablish(undefined);
  }

  /** Sends the last message of a half that ends in order, and closes the WebSocket. */
  end(message: Extract<RelayMessage, { type: 'terminated' }>): void {
    this.send(message);
    // A paused WebSocket would not receive the peer's close.
    if (this.ws.isPaused) this.ws.resume();
    this.ws.close(CLOSE_TERMINATED, 'terminated');
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (!this.isOpen) return;
    if (this.#state === 'new') return this.#onFirst(isBinary ? undefined : read(data, LIMITS.RELAY_ESTABLISH_BYTES));
    if (this.#state === 'establishing') return this.refuse('bad-message', 'no message is allowed before `established`');
    if (isBinary) return;
    if (read(data, LIMITS.RELAY_CONTROL_BYTES)?.type === 'terminate') return this.#onTerminate();
    this.refuse('bad-message', 'not a control message');
  }

  #onFirst(message: PeerMessage | undefined): void {
    if (message?.type !== 'establish') return this.refuse('bad-message', 'the first message must be `establish`');
    this.#state = 'establishing';
    this.#onEstablish(message);
  }

  #count(bytes: number): void {
    this.#bytesBeforeServing += bytes;
    if (this.#bytesBeforeServing > LINGER_BYTES) this.ws.terminate();
    else if (this.isOpen && this.#bytesBeforeServing > LIMITS.RELAY_ESTABLISH_BYTES + OVERHEAD_BYTES)
      this.refuse('bad-message', 'too many bytes before `established`');
  }
}

/** undefined if it is not a message of this protocol. */
function read(data: Buffer, limit: number): PeerMessage | undefined {
  if (data.length > limit) return undefined;
  return peerMessage.safeParse(parseJson(data.toString())).data;
}
