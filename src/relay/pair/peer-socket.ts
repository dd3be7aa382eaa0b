import type { Duplex } from 'node:stream';
import { LIMITS } from '../../protocol/limits';
import { parseJson } from '../../protocol/parse-json';
import {
  CLOSE_TERMINATED,
  peerMessage,
  REFUSALS,
  type EndToEndMessage,
  type PeerMessage,
  type Refusal,
  type RelayMessage,
} from '../../protocol/relay-messages';
import { limitPings, watchHeartbeat, watchInterruptions } from '../../tunnel/heartbeat';
import type { ServerWebSocket } from './websocket/server-web-socket';

type Establish = Extract<PeerMessage, { type: 'establish' }>;
type Resume = Extract<PeerMessage, { type: 'resume' }>;

/** Allowance for frame headers and pings before the first message is complete. */
const OVERHEAD_BYTES = 256;
/** A refused peer may still have this much in transit. If it sends more, the connection is cut. */
const LINGER_BYTES = 64 * 1024;

const ignore = () => undefined;

export interface PeerListeners {
  onTerminate(): void;
  onEndToEnd(message: EndToEndMessage): void;
  onLost(): void;
}

/** Control messages on one peer's WebSocket. The link handles the bytes. */
export class PeerSocket {
  #state: 'new' | 'establishing' | 'serving' = 'new';
  #bytesBeforeServing = 0;
  #reportsInterruptions = false;
  /** As it was last reported to this peer. */
  #otherIsInterrupted = false;
  #stopReporting: () => void = ignore;
  #isResumable = false;
  #onFirstMessage: (message: Establish | Resume | undefined) => void = ignore;
  #listeners: PeerListeners = { onTerminate: ignore, onEndToEnd: ignore, onLost: ignore };
  #stopCounting: () => void;

  /** @param stream the raw stream below `ws`, counted because incomplete frames use memory, too */
  constructor(
    readonly ws: ServerWebSocket,
    stream: Duplex,
    /** For the log; without port. */
    readonly address: string,
  ) {
    const count = (chunk: Buffer) => this.#count(chunk.length);
    const refuseBytes = () => this.#onMessage(undefined);
    ws.on('text', (text) => this.#onMessage(text));
    ws.on('bytes', refuseBytes);
    ws.on('close', () => {
      this.#onFirstMessage(undefined);
      this.#stopReporting();
    });
    stream.on('data', count);
    this.#stopCounting = () => {
      ws.off('bytes', refuseBytes);
      stream.off('data', count);
    };
  }

  get isOpen(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  /** Whether its half can continue over another WebSocket. */
  get isResumable(): boolean {
    return this.#isResumable;
  }

  /** The first message of an unauthenticated peer; undefined: it was refused or has disconnected. */
  firstMessage(): Promise<Establish | Resume | undefined> {
    return new Promise((resolve) => {
      const deadline = setTimeout(() => this.refuse('establish-timeout'), LIMITS.RELAY_ESTABLISH_MS);
      this.#onFirstMessage = (message) => {
        // The promise would keep session ID and token in memory.
        this.#onFirstMessage = ignore;
        clearTimeout(deadline);
        resolve(message);
      };
    });
  }

  /** Accepts bytes and messages from now on. Before, any further message is refused. */
  serve(listeners: PeerListeners): void {
    this.#state = 'serving';
    this.#stopCounting();
    this.#stopCounting = ignore;
    this.#listeners = listeners;
    // The peer may have disconnected while its start log was being acknowledged.
    if (this.ws.readyState === this.ws.CLOSED) return void setImmediate(() => listeners.onLost());
    this.ws.on('close', () => listeners.onLost());
    limitPings(this.ws, () => this.refuse('too-many-pings'));
    watchHeartbeat(this.ws, LIMITS.RELAY_PING_INTERVAL_MS, () => this.ws.terminate());
  }

  /** If this peer has requested it: reports when the connection to the other half carries nothing, and when it carries again. */
  reportInterruptionsOf(other: PeerSocket): void {
    if (!this.#reportsInterruptions) return;
    const report = (isInterrupted: boolean) => {
      this.#otherIsInterrupted = isInterrupted;
      this.send({ type: isInterrupted ? 'interrupted' : 'restored' });
    };
    // It was reported about the WebSocket before this one.
    if (this.#otherIsInterrupted) report(false);
    this.#stopReporting();
    this.#stopReporting = watchInterruptions(other.ws, LIMITS.RELAY_INTERRUPTED_MS, report);
  }

  /** Takes the place of another WebSocket of the same half, and cuts that one. */
  replace(before: PeerSocket): void {
    this.#reportsInterruptions = before.#reportsInterruptions;
    this.#otherIsInterrupted = before.#otherIsInterrupted;
    this.#isResumable = true;
    before.ws.terminate();
  }

  send(message: RelayMessage): void {
    this.ws.send(JSON.stringify(message));
  }

  refuse(code: Refusal, detail = ''): void {
    this.send({ type: 'refused', code, detail });
    this.ws.close(REFUSALS[code].close, code);
    this.#onFirstMessage(undefined);
  }

  /** Sends the last message of a half that ends in order, and closes the WebSocket. */
  end(message: Extract<RelayMessage, { type: 'terminated' }>): void {
    this.send(message);
    this.ws.close(CLOSE_TERMINATED, 'terminated');
  }

  /** @param text undefined: binary or too long */
  #onMessage(text: Buffer | undefined): void {
    if (!this.isOpen) return;
    if (this.#state === 'new') return this.#onFirst(read(text, LIMITS.RELAY_ESTABLISH_BYTES));
    if (this.#state === 'establishing') return this.refuse('bad-message', 'no message is allowed before `established`');
    const message = read(text, LIMITS.RELAY_CONTROL_BYTES);
    if (message?.type === 'terminate') return this.#listeners.onTerminate();
    const isEndToEnd = message?.type === 'acknowledge' || message?.type === 'continue';
    if (isEndToEnd && this.#isResumable) return this.#listeners.onEndToEnd(message);
    this.refuse('bad-message', 'not a control message');
  }

  #onFirst(message: PeerMessage | undefined): void {
    if (message?.type !== 'establish' && message?.type !== 'resume')
      return this.refuse('bad-message', 'the first message must be `establish` or `resume`');
    this.#state = 'establishing';
    if (message.type === 'establish') {
      this.#reportsInterruptions = message.reportInterruptions === true;
      this.#isResumable = message.resumable === true;
    }
    this.#onFirstMessage(message);
  }

  #count(bytes: number): void {
    this.#bytesBeforeServing += bytes;
    if (this.#bytesBeforeServing > LINGER_BYTES) this.ws.terminate();
    else if (this.isOpen && this.#bytesBeforeServing > LIMITS.RELAY_ESTABLISH_BYTES + OVERHEAD_BYTES)
      this.refuse('bad-message', 'too many bytes before `established`');
  }
}

/** undefined if it is not a message of this protocol. */
function read(text: Buffer | undefined, limit: number): PeerMessage | undefined {
  if (!text || text.length > limit) return undefined;
  return peerMessage.safeParse(parseJson(text.toString())).data;
}
