import { EventEmitter } from 'node:events';
import type WebSocket from 'ws';
import { LIMITS } from '../../protocol/limits';
import type { WebSocketEvents } from './web-socket-end';

/** Messages are no longer: some programs refuse large ones. */
const MESSAGE_BYTES = 64 * 1024;

/** A WebSocket of `ws`, as `WebSocketBytes` uses the tunnel's own: for peers that are browsers. */
export class MessageSocket extends EventEmitter<Pick<WebSocketEvents, 'bytes' | 'drain' | 'close'>> {
  constructor(private readonly ws: WebSocket) {
    super();
    ws.on('message', (data: Buffer, isBinary) => isBinary && this.emit('bytes', data, 0, data.length));
    ws.on('close', (code, reason) => this.emit('close', code, reason.toString()));
  }

  get OPEN(): 1 {
    return this.ws.OPEN;
  }

  get readyState(): number {
    return this.ws.readyState;
  }

  get isPaused(): boolean {
    return this.ws.isPaused;
  }

  pause(): void {
    this.ws.pause();
  }

  resume(): void {
    this.ws.resume();
  }

  send(text: string): void {
    this.ws.send(text);
  }

  /** @returns whether the queue has room; if not, `drain` follows */
  sendPieces(pieces: readonly Buffer[]): boolean {
    const bytes = Buffer.concat(pieces);
    for (let from = 0; from < bytes.length; from += MESSAGE_BYTES) {
      const message = bytes.subarray(from, from + MESSAGE_BYTES);
      const isLast = from + MESSAGE_BYTES >= bytes.length;
      // `ws` has no drain event. Send callbacks are costly, so only messages above the high-water mark get one.
      if (!isLast || this.ws.bufferedAmount <= LIMITS.RELAY_QUEUE_BYTES) this.ws.send(message);
      else {
        this.ws.send(message, () => this.emit('drain'));
        return false;
      }
    }
    return true;
  }
}
