import type { OutgoingHttpHeaders } from 'node:http';
import { Duplex } from 'node:stream';
import type { Headers } from './hpack';

/** Of the queues of a stream, above its windows. */
const HIGH_WATER_MARK = 128 * 1024;

type Written = (error?: Error | null) => void;

/** What a stream needs of its connection. */
export interface StreamConnection {
  /** The stream has something to send. */
  onReady(stream: Http2Stream): void;
  /** Its reader has taken something. */
  onTaken(stream: Http2Stream): void;
  respond(stream: Http2Stream, headers: OutgoingHttpHeaders): void;
  /** It is destroyed, complete or not. */
  onDestroyed(stream: Http2Stream, isFailed: boolean): void;
}

/**
 * One stream of HTTP/2. Each direction ends separately; if it is destroyed before both have ended, or reset by the peer,
 * both ends of it fail with an error. Written Buffers must not be changed afterwards: they may have to be sent again.
 */
export class Http2Stream extends Duplex {
  /** That this end and the peer have sent all. */
  isSent = false;
  isReceived = false;
  /** The peer has reset it. */
  isReset = false;
  #pending: Buffer[] = [];
  #isEnding = false;
  #written: Written | undefined;

  /**
   * @param sendWindow how much the peer accepts
   * @param receiveWindow how much the peer may send
   */
  constructor(
    readonly id: number,
    private readonly connection: StreamConnection,
    public sendWindow: number,
    public receiveWindow: number,
  ) {
    super({ allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK });
  }

  /** The answer to a request; once. */
  respond(headers: OutgoingHttpHeaders): void {
    if (!this.destroyed) this.connection.respond(this, headers);
  }

  onHeaders(headers: Headers): void {
    // After the call that has sent the request.
    process.nextTick(() => this.emit('response', headers));
  }

  onData(piece: Buffer): void {
    if (!this.destroyed) this.push(piece);
  }

  onEnd(): void {
    this.isReceived = true;
    if (!this.destroyed) this.push(null);
  }

  /** What the peer has sent completely is still read; what is written from now on is discarded. */
  onReset(code: number): void {
    this.isReset = true;
    const error = new Error(`the stream was reset (${code})`);
    if (!this.isReceived || this.readableEnded) return void this.destroy(error);
    this.once('end', () => this.destroy(error));
    this.#pending = [];
    this.onSent();
  }

  /** How much waits to be sent at once: 0 if there is nothing, or only the end. */
  get nextBytes(): number {
    return this.#pending[0]?.length ?? 0;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** The next piece to send. */
  takePiece(most: number): Buffer {
    const [first] = this.#pending;
    if (first!.length > most) this.#pending[0] = first!.subarray(most);
    else this.#pending.shift();
    return first!.subarray(0, most);
  }

  /** All that was written is sent. */
  onSent(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  override _read(): void {
    // Nothing to do: the windows bound what arrives.
  }

  override read(size?: number): unknown {
    const taken: unknown = super.read(size);
    if (taken !== null) this.connection.onTaken(this);
    return taken;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Written): void {
    this.#send([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Written): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: Written): void {
    if (this.isReset) return done();
    this.#isEnding = true;
    this.#written = done;
    this.connection.onReady(this);
  }

  override _destroy(error: Error | null, done: Written): void {
    this.#pending = [];
    this.connection.onDestroyed(this, error !== null);
    const written = this.#written;
    this.#written = undefined;
    done(error);
    written?.(error ?? new Error('the stream is closed'));
  }

  #send(pieces: readonly Buffer[], done: Written): void {
    this.#pending = pieces.filter(({ length }) => length > 0);
    if (this.isReset) this.#pending = [];
    if (this.#pending.length === 0) return done();
    this.#written = done;
    this.connection.onReady(this);
  }
}
