import { LIMITS } from '../../protocol/limits';
import { DEFAULT_WINDOW_BYTES, FLOW_CONTROL_ERROR, Http2Violation } from './frames';
import type { Http2Stream } from './stream';

/** How much the peer may send (RFC 9113 5.2): on the connection, and on each stream as announced to it in settings. */
export class ReceiveWindows {
  ofConnection = DEFAULT_WINDOW_BYTES;
  /** What the peer may still send on the connection. */
  #left = DEFAULT_WINDOW_BYTES;
  #ofStream: number = LIMITS.TUNNEL_STREAM_WINDOW_BYTES;
  #permittedOfStream = this.#ofStream;
  /** The windows of streams in settings that the peer has not acknowledged. */
  readonly #unacknowledged: number[] = [];

  get ofStream(): number {
    return this.#ofStream;
  }

  /** That the peer may still assume for its streams. */
  get permittedOfStream(): number {
    return this.#permittedOfStream;
  }

  /** @param length of a frame that has begun @throws Http2Violation */
  take(length: number): void {
    this.#left -= length;
    if (this.#left < 0) throw new Http2Violation(FLOW_CONTROL_ERROR, 'more than the window of the connection');
  }

  /** @returns the credit to return for the connection, if it is `least` or more: otherwise 0 */
  creditOfConnection(least: number): number {
    const credit = this.ofConnection - this.#left;
    if (credit < least) return 0;
    this.#left += credit;
    return credit;
  }

  /** @returns the credit to return for what the reader of the stream has taken; 0: not yet */
  creditOf({ receiveWindow, readableLength }: Http2Stream): number {
    const credit = this.#ofStream - receiveWindow - readableLength;
    return credit < this.#ofStream / 2 ? 0 : credit;
  }

  /** Settings with the window of streams are sent. */
  announced(): void {
    this.#unacknowledged.push(this.#ofStream);
  }

  /** `announced` follows. @returns by how much the windows of open streams change at once */
  changeStreams(bytes: number): number {
    this.#ofStream = bytes;
    // The peer may use a larger one as soon as it has read it, and the one before until then.
    return bytes > this.#permittedOfStream ? this.#permit(bytes) : 0;
  }

  /** The peer has acknowledged settings. @returns by how much the windows of open streams change */
  acknowledged(): number {
    const bytes = this.#unacknowledged.shift();
    return bytes === undefined ? 0 : this.#permit(Math.max(bytes, ...this.#unacknowledged));
  }

  #permit(bytes: number): number {
    const more = bytes - this.#permittedOfStream;
    this.#permittedOfStream = bytes;
    return more;
  }
}
