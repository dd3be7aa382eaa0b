import type { WebSocket } from 'ws';
import { LIMITS } from '../protocol/limits';
import { CLOSE_TERMINATED, peerMessage, REFUSALS, type Refusal, type RelayMessage } from '../protocol/relay-messages';
import { watchHeartbeat } from '../tunnel/heartbeat';

/** One peer's WebSocket: its control messages. Binary frames belong to the link. */
export class PeerSocket {
  #serving = false;
  #onTerminate: () => void = () => undefined;

  constructor(
    readonly ws: WebSocket,
    /** For the log; without port. */
    readonly address: string,
  ) {
    ws.on('error', () => undefined); // `close` follows
    ws.on('message', (data: Buffer, isBinary: boolean) => this.#onMessage(data, isBinary));
  }

  get isOpen(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  /** From now on bytes and `terminate` are welcome; before that any message is refused. */
  serve(listeners: { onTerminate: () => void; onLost: () => void }): void {
    this.#serving = true;
    this.#onTerminate = listeners.onTerminate;
    // It may have gone while its start log was acknowledged.
    if (this.ws.readyState === this.ws.CLOSED) return void setImmediate(listeners.onLost);
    this.ws.once('close', listeners.onLost);
    watchHeartbeat(this.ws, LIMITS.RELAY_PING_INTERVAL_MS, () => this.ws.terminate());
  }

  send(message: RelayMessage): void {
    if (this.isOpen) this.ws.send(JSON.stringify(message));
  }

  refuse(code: Refusal, detail = ''): void {
    this.send({ type: 'refused', code, detail });
    this.ws.close(REFUSALS[code].close, code);
  }

  /** Last message of a half that ends in order; the WebSocket is closed by force if the peer does not answer. */
  end(message: Extract<RelayMessage, { type: 'terminated' }>): void {
    this.#onTerminate = () => undefined;
    this.send(message);
    // A paused socket would not see the peer's close.
    if (this.ws.isPaused) this.ws.resume();
    this.ws.close(CLOSE_TERMINATED, 'terminated');
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (!this.#serving) return this.refuse('bad-message', 'nothing is expected before `established`');
    if (isBinary || !this.isOpen) return;
    if (readPeerMessage(data)?.type === 'terminate') return this.#onTerminate();
    this.refuse('bad-message', 'not a control message');
  }
}

/** undefined: not a message of this protocol. */
export function readPeerMessage(data: Buffer, limit: number = LIMITS.RELAY_CONTROL_BYTES) {
  if (data.length > limit) return undefined;
  try {
    return peerMessage.safeParse(JSON.parse(data.toString())).data;
  } catch {
    return undefined;
  }
}
