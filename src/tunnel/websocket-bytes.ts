import { Duplex } from 'node:stream';
import type WebSocket from 'ws';
import { LIMITS } from '../protocol/limits';
import type { EndToEndMessage } from '../protocol/relay-messages';
import { ReplayBuffer } from './replay-buffer';

/** Larger writes are split, so that small requests do not wait behind one large frame. */
const FRAME_BYTES = 64 * 1024;

type Written = (error?: Error | null) => void;
/** What is used of a WebSocket. */
export type BytesSocket = Pick<
  WebSocket,
  'OPEN' | 'readyState' | 'isPaused' | 'bufferedAmount' | 'pause' | 'resume' | 'send' | 'on'
>;

/**
 * The binary frames of a WebSocket as one byte stream, with back-pressure in both directions. If the stream ends or is
 * destroyed, the WebSocket stays open for control messages and later bytes are discarded. A closed WebSocket destroys
 * the stream.
 *
 * A resumable one continues over another WebSocket, and only its owner destroys it. It keeps what the other end has not
 * acknowledged, at most LIMITS.RESUME_BUFFER_BYTES, and acknowledges what it has received. After the path to the other end
 * was renewed, both send `continue` with the bytes that they have received, and each sends the rest of its own again.
 */
export class WebSocketBytes extends Duplex {
  #ws: BytesSocket;
  /** undefined: this end or the other one is not resumable. */
  #replay: ReplayBuffer | undefined;
  /** Both ends are resumable. */
  #isResumable = false;
  #received = 0;
  #acknowledged = 0;
  #acknowledging: NodeJS.Timeout | undefined;
  /** The renewal of which the other end's `continue` is missing: until then, bytes are neither sent nor accepted. */
  #renewal: number | undefined;
  #isQueueFull = false;
  /** The callback of a write that waits. */
  #written: Written | undefined;

  /** @param mayResume whether `setResumable` follows; until then, all bytes are kept */
  constructor(ws: BytesSocket, mayResume = false) {
    super({ highWaterMark: LIMITS.RELAY_QUEUE_BYTES });
    this.#ws = ws;
    if (mayResume) this.#replay = new ReplayBuffer();
    this.#listen(ws);
  }

  /** Whether both ends are resumable. */
  setResumable(isResumable: boolean): void {
    this.#isResumable = isResumable;
    if (!isResumable) this.#replay = undefined;
    this.#acknowledgeSoon();
    this.#settle();
  }

  /** The path to the other end was renewed; the bytes on it may be lost. @param ws the WebSocket from now on */
  renew(renewal: number, ws = this.#ws): void {
    if (ws !== this.#ws) {
      this.#ws = ws;
      this.#isQueueFull = false;
      this.#listen(ws);
    }
    if (this.destroyed) return;
    this.#renewal = renewal;
    this.#say({ type: 'continue', renewal, received: this.#received });
    this.#settle();
  }

  /** Handles a message of the other end. @throws OffsetOutOfRange */
  heed(message: EndToEndMessage): void {
    if (this.destroyed || !this.#replay) return;
    const continues = message.type === 'continue';
    // One of an earlier renewal has been overtaken by the next.
    if (continues && message.renewal !== this.#renewal) return;
    this.#replay.acknowledge(message.received);
    if (continues) {
      this.#renewal = undefined;
      for (const chunk of this.#replay.contents()) this.#send(chunk);
    }
    this.#settle();
  }

  override _read(): void {
    if (this.#ws.isPaused) this.#ws.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Written): void {
    this.#write(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Written): void {
    this.#write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _destroy(error: Error | null, done: Written): void {
    clearTimeout(this.#acknowledging);
    this.#replay = undefined;
    const written = this.#written;
    this.#written = undefined;
    // A paused WebSocket would not receive `terminated` or the peer's close.
    if (this.#ws.isPaused) this.#ws.resume();
    done(error);
    written?.(new Error('the relay connection is closed'));
  }

  #listen(ws: BytesSocket): void {
    // Attached immediately: the first bytes may arrive in the same segment as the message before them.
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary && ws === this.#ws) this.#take(data);
    });
    // That of a resumable one may still be replaced.
    ws.on('close', () => ws === this.#ws && !this.#isResumable && this.destroy());
  }

  #take(data: Buffer): void {
    // Bytes from before the other end's `continue` will be sent again.
    if (this.destroyed || this.#renewal !== undefined) return;
    this.#received += data.length;
    if (!this.push(data)) this.#ws.pause();
    this.#acknowledgeSoon();
  }

  #acknowledgeSoon(): void {
    const bytes = this.#received - this.#acknowledged;
    if (!this.#isResumable || bytes === 0) return;
    if (bytes >= LIMITS.RESUME_ACKNOWLEDGE_BYTES) return this.#acknowledge();
    this.#acknowledging ??= setTimeout(() => this.#acknowledge(), LIMITS.RESUME_ACKNOWLEDGE_MS).unref();
  }

  #acknowledge(): void {
    this.#say({ type: 'acknowledge', received: this.#received });
  }

  #say(message: EndToEndMessage): void {
    clearTimeout(this.#acknowledging);
    this.#acknowledging = undefined;
    this.#acknowledged = message.received;
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(JSON.stringify(message));
  }

  #write(bytes: Buffer, done: Written): void {
    if (!this.#replay && this.#ws.readyState !== this.#ws.OPEN)
      return done(new Error('the relay connection is closed'));
    this.#replay?.append(bytes);
    this.#written = done;
    if (this.#renewal === undefined) this.#send(bytes);
    this.#settle();
  }

  #send(bytes: Buffer): void {
    const ws = this.#ws;
    if (ws.readyState !== ws.OPEN) return;
    for (let from = 0; from < bytes.length; from += FRAME_BYTES) {
      const frame = bytes.subarray(from, from + FRAME_BYTES);
      const last = from + FRAME_BYTES >= bytes.length;
      // `ws` has no drain event. Send callbacks are costly, so only frames above the high-water mark get one.
      if (!last || ws.bufferedAmount <= LIMITS.RELAY_QUEUE_BYTES) ws.send(frame);
      else {
        this.#isQueueFull = true;
        ws.send(frame, (error) => this.#onSent(ws, error));
      }
    }
  }

  #onSent(ws: BytesSocket, error?: Error): void {
    if (ws !== this.#ws) return;
    this.#isQueueFull = false;
    this.#settle(this.#replay ? undefined : error);
  }

  /** Lets the next write follow as soon as there is room for it. */
  #settle(error?: Error): void {
    const written = this.#written;
    const isKept = this.#replay !== undefined && this.#replay.bytes >= LIMITS.RESUME_BUFFER_BYTES;
    if (!written || this.#isQueueFull || isKept) return;
    this.#written = undefined;
    written(error);
  }
}
