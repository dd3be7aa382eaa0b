import { Duplex } from 'node:stream';
import { LIMITS } from '../protocol/limits';
import type { EndToEndMessage } from '../protocol/relay-messages';
import { countCarried } from './read-memory';
import { ReplayBuffer } from './replay-buffer';
import type { ClientWebSocket } from './websocket/client-web-socket';
import type { WebSocketEvents } from './websocket/web-socket-end';

type Written = (error?: Error | null) => void;
/** What is used of a WebSocket. */
export interface BytesSocket extends Pick<
  ClientWebSocket,
  'OPEN' | 'readyState' | 'isPaused' | 'pause' | 'resume' | 'send' | 'sendPieces'
> {
  on<Name extends 'bytes' | 'drain' | 'close'>(name: Name, listener: (...args: WebSocketEvents[Name]) => void): unknown;
}

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
      this.#send(this.#replay.contents());
    }
    this.#settle();
  }

  override _read(): void {
    if (this.#ws.isPaused) this.#ws.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Written): void {
    this.#write([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Written): void {
    this.#write(
      chunks.map(({ chunk }) => chunk),
      done,
    );
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
    ws.on('bytes', (chunk, start, end) => ws === this.#ws && this.#take(chunk.subarray(start, end)));
    ws.on('drain', () => ws === this.#ws && this.#onDrained());
    // That of a resumable one may still be replaced.
    ws.on('close', () => ws === this.#ws && !this.#isResumable && this.destroy());
  }

  #take(data: Buffer): void {
    // Bytes from before the other end's `continue` will be sent again.
    if (this.destroyed || this.#renewal !== undefined) return;
    this.#received += data.length;
    countCarried(data.length);
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

  #write(pieces: readonly Buffer[], done: Written): void {
    if (!this.#replay && this.#ws.readyState !== this.#ws.OPEN)
      return done(new Error('the relay connection is closed'));
    for (const piece of pieces) {
      this.#replay?.append(piece);
      countCarried(piece.length);
    }
    this.#written = done;
    if (this.#renewal === undefined) this.#send(pieces);
    this.#settle();
  }

  #send(pieces: readonly Buffer[]): void {
    if (this.#ws.readyState === this.#ws.OPEN && !this.#ws.sendPieces(pieces)) this.#isQueueFull = true;
  }

  #onDrained(): void {
    this.#isQueueFull = false;
    this.#settle();
  }

  /** Lets the next write follow as soon as there is room for it. */
  #settle(): void {
    const written = this.#written;
    const isKept = this.#replay !== undefined && this.#replay.bytes >= LIMITS.RESUME_BUFFER_BYTES;
    if (!written || this.#isQueueFull || isKept) return;
    this.#written = undefined;
    written();
  }
}
