import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { LIMITS } from '../../../protocol/limits';
import { FrameReader, type FrameLimits, type FrameListener } from './frame-reader';
import {
  BINARY,
  closeFrame,
  frame,
  headerBytes,
  MIDDLE_HEADER_BYTES,
  MIDDLE_PAYLOAD_BYTES,
  PING,
  PONG,
  TEXT,
  writeHeader,
} from './frames';

/** What a queued write costs beside its bytes, so that many small ones are bounded, too. */
const WRITE_BYTES = 512;
const CLOSING = 2;
const FRAME_LIMITS: FrameLimits = { messageBytes: LIMITS.RELAY_FRAME_BYTES, textBytes: LIMITS.RELAY_CONTROL_BYTES };
const NOTHING = Buffer.alloc(0);

interface Events {
  /** Content of binary messages: chunk[start, end). See `FrameListener`. */
  bytes: [chunk: Buffer, start: number, end: number];
  /** undefined: longer than LIMITS.RELAY_CONTROL_BYTES. */
  text: [text: Buffer | undefined];
  ping: [];
  pong: [];
  /** After `forward` has returned false. */
  drain: [];
  close: [];
}

/**
 * A WebSocket at the side of the server, after the opening handshake (RFC 6455), for byte streams: messages are not kept
 * apart, and no content is copied. States, `ping`, `pause` and `bufferedAmount` are those of `ws`.
 */
export class ServerWebSocket extends EventEmitter<Events> implements FrameListener {
  readonly OPEN = 1;
  readonly CLOSED = 3;
  readonly #reader = new FrameReader(this, FRAME_LIMITS);
  #readyState = this.OPEN;
  #isPaused = false;
  /** The peer has closed, or has violated the protocol. */
  #isOver = false;
  #closeTimer: NodeJS.Timeout | undefined;
  /** Writes of content that may still be in the queue. */
  #queuedWrites = 0;
  /** Those after which it was full. */
  #fullWrites = 0;

  /** @param stream of TCP or TLS */
  constructor(private readonly stream: Socket) {
    super();
    stream.setTimeout(0);
    stream.setNoDelay();
    stream.on('data', (chunk) => this.#onData(chunk));
    stream.on('end', () => this.#onEnd());
    stream.on('close', () => this.#onClosed());
  }

  get readyState(): number {
    return this.#readyState;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get bytesRead(): number {
    return this.stream.bytesRead;
  }

  /** Bytes that wait to be sent, and what their buffers cost. */
  get bufferedAmount(): number {
    const bytes = this.stream.writableLength;
    return bytes === 0 ? 0 : bytes + this.#queuedWrites * WRITE_BYTES;
  }

  send(text: string): void {
    this.#sendFrame(TEXT, Buffer.from(text));
  }

  ping(): void {
    this.#sendFrame(PING, NOTHING);
  }

  /**
   * Sends chunk[start, end) as one binary message. Takes the chunk, and if `start` is not less than MIDDLE_HEADER_BYTES,
   * also writes to the bytes before it.
   * @returns whether the queue has room; if not, `drain` follows
   */
  forward(chunk: Buffer, start: number, end: number): boolean {
    const { stream } = this;
    if (this.#readyState !== this.OPEN) return true;
    const length = end - start;
    this.#queuedWrites = stream.writableLength === 0 ? 0 : this.#queuedWrites + 1;
    const isFull = this.bufferedAmount + length > LIMITS.RELAY_QUEUE_BYTES;
    // Callbacks are costly, so only writes above the high-water mark get one.
    const onFlushed = isFull ? () => this.#onFlushed() : undefined;
    if (isFull) this.#fullWrites++;
    const header = headerBytes(length);
    if (start >= MIDDLE_HEADER_BYTES && length <= MIDDLE_PAYLOAD_BYTES) {
      writeHeader(chunk, start - header, BINARY, length);
      stream.write(chunk.subarray(start - header, end), onFlushed);
    } else {
      const apart = Buffer.allocUnsafe(header);
      writeHeader(apart, 0, BINARY, length);
      stream.cork();
      stream.write(apart);
      stream.write(chunk.subarray(start, end), onFlushed);
      stream.uncork();
    }
    return !isFull;
  }

  pause(): void {
    if (this.#readyState !== this.OPEN) return;
    this.#isPaused = true;
    this.stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.stream.resume();
  }

  /** Starts the closing handshake (RFC 6455 7.1.2); after LIMITS.RELAY_CLOSE_MS, the connection is cut. */
  close(code: number, reason = ''): void {
    this.#startClosing(code, Buffer.from(reason));
  }

  /** Cuts the connection. */
  terminate(): void {
    if (this.#readyState === this.OPEN) this.#readyState = CLOSING;
    this.stream.destroy();
  }

  // FrameListener: called by the reader

  onBytes(chunk: Buffer, start: number, end: number): void {
    this.emit('bytes', chunk, start, end);
  }

  onText(text: Buffer | undefined): void {
    this.emit('text', text);
  }

  onPing(payload: Buffer): void {
    this.#sendFrame(PONG, payload);
    this.emit('ping');
  }

  onPong(): void {
    this.emit('pong');
  }

  /** The server is the one that closes the TCP connection (RFC 6455 7.1.1). */
  onClose(code: number, reason: Buffer): void {
    this.#isOver = true;
    this.#startClosing(code, reason);
    this.stream.end();
  }

  #onFlushed(): void {
    if (--this.#fullWrites > 0) return;
    this.#queuedWrites = 0;
    this.emit('drain');
  }

  #onData(chunk: Buffer): void {
    if (this.#isOver) return;
    const violation = this.#reader.read(chunk);
    if (violation !== undefined) this.onClose(violation, NOTHING);
  }

  #startClosing(code: number, reason: Buffer): void {
    if (this.#readyState !== this.OPEN) return;
    this.stream.write(closeFrame(code, reason));
    this.#cutInTime();
    // A paused stream would not receive the peer's close.
    if (this.#isPaused) this.resume();
  }

  #cutInTime(): void {
    this.#readyState = CLOSING;
    this.#closeTimer ??= setTimeout(() => this.stream.destroy(), LIMITS.RELAY_CLOSE_MS);
  }

  #sendFrame(opcode: number, payload: Buffer): void {
    if (this.#readyState === this.OPEN) this.stream.write(frame(opcode, payload));
  }

  /** The peer ends the TCP connection, with a close before it or without. */
  #onEnd(): void {
    this.#cutInTime();
    this.stream.end();
  }

  #onClosed(): void {
    this.#isOver = true;
    this.#readyState = this.CLOSED;
    clearTimeout(this.#closeTimer);
    this.emit('close');
  }
}
