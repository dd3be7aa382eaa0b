import type { Duplex } from 'node:stream';
import {
  DATA,
  DEFAULT_WINDOW_BYTES,
  END_STREAM,
  FLOW_CONTROL_ERROR,
  frameHeader,
  Http2Violation,
  LEAST_FRAME_BYTES,
  MOST_WINDOW_BYTES,
} from './frames';
import type { Http2Stream } from './stream';

/** Of one frame, in both directions if the peer accepts it. */
export const FRAME_BYTES = 64 * 1024;
/** Written together before the next ones wait: what a small request waits for, at each end. */
const BATCH_BYTES = 128 * 1024;
const NOTHING = Buffer.alloc(0);

/** The content that streams have to send: they take turns, within the windows of the peer (RFC 9113 5.2). */
export class SendQueue {
  /** The largest frame that the peer accepts. */
  peerFrameBytes = LEAST_FRAME_BYTES;
  /** Streams that have something to send, in the order of their turns. */
  readonly #ready = new Set<Http2Stream>();
  /** Of the connection. */
  #window = DEFAULT_WINDOW_BYTES;
  #isBatchWritten = true;
  #isSending = false;

  /** @param onEnd called when the end of a stream is sent */
  constructor(
    private readonly bytes: Duplex,
    private readonly mayWrite: () => boolean,
    private readonly onEnd: (stream: Http2Stream) => void,
  ) {}

  /** The stream has something to send. */
  add(stream: Http2Stream): void {
    this.#ready.add(stream);
    this.send();
  }

  remove(stream: Http2Stream): void {
    this.#ready.delete(stream);
  }

  clear(): void {
    this.#ready.clear();
  }

  /** The peer accepts more on the connection. @throws Http2Violation */
  widen(more: number): void {
    this.#window = widened(this.#window, more);
  }

  /** The peer accepts more on the stream, or less. @throws Http2Violation */
  widenStream(stream: Http2Stream, more: number): void {
    stream.sendWindow = widened(stream.sendWindow, more);
    if (stream.nextBytes > 0) this.#ready.add(stream);
  }

  /** Streams take turns, one frame each. The next batch is sent when there is room for it below. */
  send(): void {
    if (this.#isSending || !this.#isBatchWritten || this.#ready.size === 0 || !this.mayWrite()) return;
    this.#isSending = true;
    this.bytes.cork();
    let sent = 0;
    // A stream whose turn comes again is behind all others.
    for (const stream of this.#ready) {
      sent += this.#sendOf(stream);
      if (sent >= BATCH_BYTES) break;
    }
    if (sent > 0) {
      this.#isBatchWritten = false;
      this.bytes.write(NOTHING, () => {
        this.#isBatchWritten = true;
        this.send();
      });
    }
    this.#isSending = false;
    this.bytes.uncork();
  }

  /** @returns the bytes that were written */
  #sendOf(stream: Http2Stream): number {
    const waiting = stream.nextBytes;
    if (waiting === 0) {
      this.#ready.delete(stream);
      return stream.isEnding ? this.#sendEnd(stream) : 0;
    }
    const most = Math.min(waiting, stream.sendWindow, this.#window, this.peerFrameBytes, FRAME_BYTES);
    if (most <= 0) {
      if (stream.sendWindow <= 0) this.#ready.delete(stream);
      return 0;
    }
    const piece = stream.takePiece(most);
    stream.sendWindow -= most;
    this.#window -= most;
    this.bytes.write(frameHeader(most, DATA, 0, stream.id));
    this.bytes.write(piece);
    this.#ready.delete(stream);
    if (stream.nextBytes > 0) this.#ready.add(stream);
    else stream.onSent();
    return most;
  }

  #sendEnd(stream: Http2Stream): number {
    if (stream.isSent) return 0;
    stream.isSent = true;
    const end = frameHeader(0, DATA, END_STREAM, stream.id);
    this.bytes.write(end);
    this.onEnd(stream);
    stream.onSent();
    return end.length;
  }
}

function widened(window: number, more: number): number {
  if (window + more > MOST_WINDOW_BYTES) throw new Http2Violation(FLOW_CONTROL_ERROR, 'a window that is too large');
  return window + more;
}
