import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { LIMITS } from '../../protocol/limits';
import { FrameReader, type FrameLimits, type FrameListener } from './frame-reader';
import { ABNORMAL_CLOSURE, CLOSE, closePayload, PING, PONG, TEXT } from './frames';

/** What a queued write costs beside its bytes, so that many small ones are bounded, too. */
const WRITE_BYTES = 512;
const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const FRAME_LIMITS: FrameLimits = { messageBytes: LIMITS.RELAY_FRAME_BYTES, textBytes: LIMITS.RELAY_CONTROL_BYTES };
const NOTHING = Buffer.alloc(0);
const CUT: readonly [code: number, reason: string] = [ABNORMAL_CLOSURE, ''];

export interface WebSocketEvents {
  open: [];
  /** Of the opening handshake; `close` follows. */
  error: [error: Error];
  /** Content of binary messages: chunk[start, end). See `FrameListener`. */
  bytes: [chunk: Buffer, start: number, end: number];
  /** undefined: longer than LIMITS.RELAY_CONTROL_BYTES. */
  text: [text: Buffer | undefined];
  ping: [];
  pong: [];
  /** The queue was full and has become empty. */
  drain: [];
  /** The peer's code and reason. */
  close: [code: number, reason: string];
}

/**
 * One end of a WebSocket (RFC 6455) for byte streams: messages are not kept apart, and no content is copied. States, `ping`,
 * `pause` and `bufferedAmount` are those of `ws`.
 */
export abstract class WebSocketEnd extends EventEmitter<WebSocketEvents> implements FrameListener {
  readonly OPEN = OPEN;
  readonly CLOSED = CLOSED;
  readonly #reader: FrameReader;
  #stream: Socket | undefined;
  #readyState = CONNECTING;
  #isPaused = false;
  /** The peer has closed, or has violated the protocol. */
  #isOver = false;
  #closed = CUT;
  #closeTimer: NodeJS.Timeout | undefined;
  /** Writes of content that may still be in the queue. */
  #queuedWrites = 0;
  /** Those after which it was full. */
  #fullWrites = 0;

  constructor(peer: 'client' | 'server') {
    super();
    this.#reader = new FrameReader(this, FRAME_LIMITS, peer);
  }

  /** A complete message with a short payload, as this end sends it. */
  protected abstract frame(opcode: number, payload: Buffer): Buffer;

  /** The opening handshake is over. @param stream of TCP or TLS */
  protected use(stream: Socket): void {
    this.#stream = stream;
    this.#readyState = OPEN;
    stream.setTimeout(0);
    stream.setNoDelay();
    stream.on('data', (chunk: Buffer) => this.receive(chunk));
    stream.on('end', () => this.#onEnd());
    stream.on('close', () => this.onClosed());
  }

  get readyState(): number {
    return this.#readyState;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get bytesRead(): number {
    return this.#stream?.bytesRead ?? 0;
  }

  /** Bytes that wait to be sent, and what their buffers cost. */
  get bufferedAmount(): number {
    const bytes = this.#stream?.writableLength ?? 0;
    return bytes === 0 ? 0 : bytes + this.#queuedWrites * WRITE_BYTES;
  }

  send(text: string): void {
    this.#sendFrame(TEXT, Buffer.from(text));
  }

  ping(): void {
    this.#sendFrame(PING, NOTHING);
  }

  pause(): void {
    if (this.#readyState !== OPEN) return;
    this.#isPaused = true;
    this.#stream!.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#stream?.resume();
  }

  /** Starts the closing handshake (RFC 6455 7.1.2); after LIMITS.RELAY_CLOSE_MS, the connection is cut. */
  close(code: number, reason = ''): void {
    this.#startClosing(code, Buffer.from(reason));
  }

  /** Cuts the connection. */
  terminate(): void {
    if (this.#readyState === OPEN) this.#readyState = CLOSING;
    this.#stream?.destroy();
  }

  /** @param length of the content that comes next @returns whether it fills the queue */
  protected willFill(length: number): boolean {
    this.#queuedWrites = this.#stream!.writableLength === 0 ? 0 : this.#queuedWrites + 1;
    return this.bufferedAmount + length > LIMITS.RELAY_QUEUE_BYTES;
  }

  /** The write that fills the queue ends with the returned function; `drain` follows. Callbacks are costly: no others get one. */
  protected filling(): () => void {
    this.#fullWrites++;
    return () => {
      if (--this.#fullWrites > 0) return;
      this.#queuedWrites = 0;
      this.emit('drain');
    };
  }

  protected receive(chunk: Buffer): void {
    if (this.#isOver) return;
    const violation = this.#reader.read(chunk);
    if (violation !== undefined) this.#end(violation, NOTHING);
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

  onClose(code: number, reason: Buffer): void {
    this.#closed = [code, reason.toString()];
    this.#end(code, reason);
  }

  protected onClosed(): void {
    this.#isOver = true;
    this.#readyState = CLOSED;
    clearTimeout(this.#closeTimer);
    this.emit('close', ...this.#closed);
  }

  /** The last word of both ends. */
  #end(code: number, reason: Buffer): void {
    this.#isOver = true;
    this.#startClosing(code, reason);
    this.#stream!.end();
  }

  #startClosing(code: number, reason: Buffer): void {
    if (this.#readyState !== OPEN) return;
    this.#sendFrame(CLOSE, closePayload(code, reason));
    this.#cutInTime();
    // A paused stream would not receive the peer's close.
    if (this.#isPaused) this.resume();
  }

  #cutInTime(): void {
    this.#readyState = CLOSING;
    this.#closeTimer ??= setTimeout(() => this.#stream!.destroy(), LIMITS.RELAY_CLOSE_MS);
  }

  #sendFrame(opcode: number, payload: Buffer): void {
    if (this.#readyState === OPEN) this.#stream!.write(this.frame(opcode, payload));
  }

  /** The peer ends the TCP connection, with a close before it or without. */
  #onEnd(): void {
    this.#cutInTime();
    this.#stream!.end();
  }
}
