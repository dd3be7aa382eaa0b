import { Duplex } from 'node:stream';
import type WebSocket from 'ws';
import { LIMITS } from '../protocol/limits';

/** Larger writes are split, so that small requests do not wait behind one large frame. */
const FRAME_BYTES = 64 * 1024;

/**
 * The binary frames of a WebSocket as one byte stream, with back-pressure in both directions. If the stream ends or is
 * destroyed, the WebSocket stays open for control messages and later bytes are discarded. A closed WebSocket destroys
 * the stream.
 */
export class WebSocketBytes extends Duplex {
  readonly #ws: WebSocket;

  constructor(ws: WebSocket) {
    super({ highWaterMark: LIMITS.RELAY_QUEUE_BYTES });
    this.#ws = ws;
    // Attached immediately: the first bytes may arrive in the same segment as the message before them.
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary || this.destroyed) return;
      if (!this.push(data)) ws.pause();
    });
    ws.once('close', () => this.destroy());
  }

  override _read(): void {
    if (this.#ws.isPaused) this.#ws.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // A paused WebSocket would not receive `terminated` or the peer's close.
    if (this.#ws.isPaused) this.#ws.resume();
    done(error);
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    const ws = this.#ws;
    if (ws.readyState !== ws.OPEN) return done(new Error('the relay connection is closed'));
    for (let from = 0; from < bytes.length; from += FRAME_BYTES) {
      const frame = bytes.subarray(from, from + FRAME_BYTES);
      const last = from + FRAME_BYTES >= bytes.length;
      // `ws` has no drain event. Send callbacks are costly, so only frames above the high-water mark get one.
      if (last && ws.bufferedAmount > LIMITS.RELAY_QUEUE_BYTES) return ws.send(frame, done);
      ws.send(frame);
    }
    done();
  }
}
