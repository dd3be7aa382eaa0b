import type { Duplex } from 'node:stream';
import { LIMITS } from '../protocol/limits';
import type { Http2Connection } from './http2/connection';

/** Bandwidth that is assumed of any path: a gigabit per second. What is more is not worth the memory of a longer path. */
const MOST_BYTES_PER_MS = 125_000;
/** Round trips of which the shortest counts, because others have waited in queues. */
const ROUND_TRIPS = 10;
/** Bytes between two measurements once the window cannot grow. */
const SELDOM_BYTES = 32 * 1024 * 1024;

/**
 * How large a window of HTTP/2 flow control has to be for a path: as much as fits into one round trip. It grows when as much
 * has really arrived within one, and never beyond what a gigabit carries in the shortest round trip: a window that is
 * larger than the path only fills queues, behind which small requests wait.
 */
export class WindowEstimate {
  bytes: number = LIMITS.TUNNEL_STREAM_WINDOW_BYTES;
  readonly #roundTrips: number[] = [];

  /** Whether more bandwidth would widen it. */
  get mayGrow(): boolean {
    return this.bytes < this.#most;
  }

  /** One round trip of a ping, and what was received meanwhile. */
  measured(roundTripMs: number, received: number): void {
    this.#roundTrips.push(roundTripMs);
    if (this.#roundTrips.length > ROUND_TRIPS) this.#roundTrips.shift();
    const isFull = received * 2 >= this.bytes;
    this.bytes = Math.min(isFull ? this.bytes * 4 : this.bytes, this.#most);
  }

  get #most(): number {
    const { TUNNEL_STREAM_WINDOW_BYTES: least, TUNNEL_CONNECTION_WINDOW_BYTES: most } = LIMITS;
    if (this.#roundTrips.length === 0) return least;
    const fitting = Math.ceil(Math.min(...this.#roundTrips) * MOST_BYTES_PER_MS);
    return Math.min(Math.max(fitting, least), most);
  }
}

/** What is used of a connection. */
export type WindowedConnection = Pick<
  Http2Connection,
  'isOpen' | 'once' | 'ping' | 'setConnectionWindow' | 'setStreamWindow'
>;

/**
 * Keeps the windows of one end of a tunnel, for what it receives, as large as its path needs. Credit is returned for the
 * connection when bytes arrive, and for a stream when they are read. So the window of the connection bounds what is on the
 * way, and that of a stream what waits for its reader: with many streams it is small.
 */
export class TunnelWindows {
  readonly #estimate = new WindowEstimate();
  #received = 0;
  #measuredAt = 0;
  #isMeasuring = false;
  #streams = 0;
  #connectionWindow = 0;
  #streamWindow: number = LIMITS.TUNNEL_STREAM_WINDOW_BYTES; // of the first settings

  /** @param bytes below the connection, which is already reading them */
  constructor(
    private readonly connection: WindowedConnection,
    bytes: Duplex,
  ) {
    connection.once('settings', () => {
      this.#apply();
      this.#measure();
    });
    bytes.on('data', (chunk: Buffer) => {
      this.#received += chunk.length;
      const { mayGrow, bytes: window } = this.#estimate;
      if (this.#received - this.#measuredAt >= (mayGrow ? window / 2 : SELDOM_BYTES)) this.#measure();
    });
  }

  /** A stream has been opened. */
  opened(stream: Pick<Duplex, 'once'>): void {
    this.#streams++;
    stream.once('close', () => this.#streams--);
    if (this.#streams > LIMITS.TUNNEL_WIDE_STREAMS) this.#setStreams(LIMITS.TUNNEL_STREAM_WINDOW_BYTES);
  }

  #measure(): void {
    if (this.#isMeasuring || !this.connection.isOpen) return;
    const before = (this.#measuredAt = this.#received);
    this.#isMeasuring = this.connection.ping((error, roundTripMs) => {
      this.#isMeasuring = false;
      if (error) return;
      this.#estimate.measured(roundTripMs, this.#received - before);
      this.#apply();
    });
  }

  #apply(): void {
    if (!this.connection.isOpen) return;
    const { bytes } = this.#estimate;
    if (bytes !== this.#connectionWindow) this.connection.setConnectionWindow((this.#connectionWindow = bytes));
    if (this.#streams <= LIMITS.TUNNEL_WIDE_STREAMS) this.#setStreams(bytes);
  }

  /** Also of the streams that are open (RFC 9113 6.9.2). */
  #setStreams(bytes: number): void {
    if (bytes === this.#streamWindow || !this.connection.isOpen) return;
    this.#streamWindow = bytes;
    this.connection.setStreamWindow(bytes);
  }
}
