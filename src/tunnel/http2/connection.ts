import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIMITS } from '../../protocol/limits';
import { TokenBucket } from '../token-bucket';
import {
  ACK,
  CANCEL,
  CONTINUATION,
  DATA,
  DEFAULT_WINDOW_BYTES,
  ENABLE_PUSH,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  frame,
  FRAME_SIZE_ERROR,
  GOAWAY,
  goawayFrame,
  HEADERS,
  Http2Violation,
  INITIAL_WINDOW_SIZE,
  INTERNAL_ERROR,
  LEAST_FRAME_BYTES,
  MAX_CONCURRENT_STREAMS,
  MAX_FRAME_SIZE,
  MAX_HEADER_LIST_SIZE,
  MOST_WINDOW_BYTES,
  NO_ERROR,
  numberFrame,
  PING,
  PREFACE,
  PRIORITY,
  PROTOCOL_ERROR,
  PUSH_PROMISE,
  REFUSED_STREAM,
  RST_STREAM,
  SETTINGS,
  settingsFrame,
  settingsIn,
  STREAM_CLOSED,
  WINDOW_UPDATE,
  withoutPadding,
} from './frames';
import { FrameParser, type FrameHandler } from './frame-parser';
import { encodeHeaders, HeaderDecoder, type Headers } from './hpack';
import { ReceiveWindows } from './receive-windows';
import { FRAME_BYTES, SendQueue } from './send-queue';
import { Http2Stream, type StreamConnection } from './stream';

/** Smaller pieces are copied, because each one keeps the whole read in memory that it was a part of. */
const COPIED_BELOW_PART = 8;
/** Header blocks are not longer than the headers in them, but for padding and unused tables. */
const BLOCK_BYTES = 2 * LIMITS.TUNNEL_HEADER_BYTES;
const NOTHING = Buffer.alloc(0);

interface Events {
  /** The first settings of the peer. */
  settings: [];
  /** A stream of the client. */
  request: [stream: Http2Stream, headers: Headers];
  close: [];
}

/**
 * One end of an HTTP/2 connection (RFC 9113) on a byte stream, as far as a tunnel needs it: streams with a request, a response
 * and content; windows that the owner sets; no push, no priorities, no trailers. Content is passed on where it was read.
 *
 * A connection that ends, for whatever reason, ends all its streams with an error.
 */
export class Http2Connection extends EventEmitter<Events> implements StreamConnection, FrameHandler {
  readonly #parser: FrameParser;
  readonly #decoder = new HeaderDecoder(LIMITS.TUNNEL_HEADER_BYTES);
  /** Those that the peer knows to be open. */
  readonly #streams = new Map<number, Http2Stream>();
  /** Those that are not destroyed: content may still be read when they are complete. */
  readonly #alive = new Set<Http2Stream>();
  #lastId: number;
  #lastPeerId = 0;
  #isOver = false;
  #isDestroyed = false;

  readonly #sending: SendQueue;
  #peerStreamWindow = DEFAULT_WINDOW_BYTES;
  #peerStreams = Infinity;
  readonly #windows = new ReceiveWindows();
  #hasSettings = false;
  readonly #resets = new TokenBucket(LIMITS.TUNNEL_RESETS_PER_SECOND, LIMITS.TUNNEL_RESETS);
  /** Of HEADERS without its end. */
  #block: { readonly streamId: number; readonly flags: number; readonly parts: Buffer[]; bytes: number } | undefined;
  #ping:
    { readonly data: Buffer; readonly at: number; done(error: Error | null, roundTripMs: number): void } | undefined;

  constructor(
    private readonly bytes: Duplex,
    private readonly role: 'client' | 'server',
  ) {
    super();
    this.#parser = new FrameParser(this, FRAME_BYTES, role === 'server' ? PREFACE : NOTHING);
    this.#lastId = role === 'client' ? -1 : 0;
    this.#sending = new SendQueue(
      bytes,
      () => this.isOpen && bytes.writable,
      (stream) => this.#forget(stream),
    );
    if (role === 'client') bytes.write(PREFACE);
    this.#writeSettings([
      [ENABLE_PUSH, 0],
      [MAX_CONCURRENT_STREAMS, role === 'server' ? LIMITS.TUNNEL_STREAMS : 0],
      [INITIAL_WINDOW_SIZE, this.#windows.ofStream],
      [MAX_FRAME_SIZE, FRAME_BYTES],
      [MAX_HEADER_LIST_SIZE, LIMITS.TUNNEL_HEADER_BYTES],
    ]);
    bytes.on('data', (chunk: Buffer) => this.#onBytes(chunk));
    bytes.on('error', () => undefined); // `close` follows
    for (const event of ['end', 'close']) bytes.once(event, () => this.destroy());
    if (bytes.destroyed) setImmediate(() => this.destroy());
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#isDestroyed;
  }

  /** Opens a stream. @returns undefined if the peer accepts no more of them */
  request(headers: OutgoingHttpHeaders): Http2Stream | undefined {
    if (!this.isOpen || this.#streams.size >= this.#peerStreams || this.#lastId > MOST_WINDOW_BYTES - 2)
      return undefined;
    const stream = this.#open((this.#lastId += 2));
    this.#writeControl(frame(HEADERS, END_HEADERS, stream.id, encodeHeaders(headers)));
    return stream;
  }

  /** @param done called with the round trip, or an error if the connection ends first @returns false: another one is on the way */
  ping(done: (error: Error | null, roundTripMs: number) => void): boolean {
    if (!this.isOpen || this.#ping) return false;
    this.#ping = { data: randomBytes(8), at: performance.now(), done };
    this.#writeControl(frame(PING, 0, 0, this.#ping.data));
    return true;
  }

  /** For what all streams receive together. Credit is returned when bytes arrive. */
  setConnectionWindow(bytes: number): void {
    this.#windows.ofConnection = bytes;
    this.#creditConnection(1);
  }

  /** For what each stream receives, also those that are open. Credit is returned when bytes are read. */
  setStreamWindow(bytes: number): void {
    if (bytes === this.#windows.ofStream || !this.isOpen) return;
    this.#widenReceiving(this.#windows.changeStreams(bytes));
    this.#writeSettings([[INITIAL_WINDOW_SIZE, bytes]]);
  }

  /** Ends the connection, after what was written before. */
  close(code = CANCEL): void {
    if (!this.isOpen) return;
    this.#isOver = true;
    if (!this.bytes.writable) return this.destroy();
    this.bytes.write(goawayFrame(this.#lastPeerId, code), () => setImmediate(() => this.destroy()));
  }

  /** Ends the connection without a word to the peer. */
  destroy(error = new Error('the tunnel is closed')): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    for (const stream of this.#streams.values()) stream.destroy(error);
    this.#streams.clear();
    this.#sending.clear();
    this.bytes.destroy();
    this.#ping?.done(error, 0);
    this.#ping = undefined;
    setImmediate(() => this.emit('close'));
  }

  // StreamConnection

  onReady(stream: Http2Stream): void {
    this.#sending.add(stream);
  }

  onTaken(stream: Http2Stream): void {
    if (stream.isReceived || stream.destroyed || !this.isOpen) return;
    const credit = this.#windows.creditOf(stream);
    if (credit === 0) return;
    stream.receiveWindow += credit;
    this.#writeControl(numberFrame(WINDOW_UPDATE, stream.id, credit));
  }

  respond(stream: Http2Stream, headers: OutgoingHttpHeaders): void {
    this.#writeControl(frame(HEADERS, END_HEADERS, stream.id, encodeHeaders(headers)));
  }

  onDestroyed(stream: Http2Stream, isFailed: boolean): void {
    this.#sending.remove(stream);
    this.#alive.delete(stream);
    if (!this.#streams.delete(stream.id) || this.#isDestroyed) return;
    const isComplete = stream.isSent && stream.isReceived;
    if (!isComplete && !stream.isReset && this.isOpen) this.#reset(stream.id, isFailed ? INTERNAL_ERROR : CANCEL);
  }

  // FrameHandler

  onFrame(type: number, flags: number, streamId: number, length: number): void {
    if (!this.#hasSettings && (type !== SETTINGS || (flags & ACK) !== 0))
      throw new Http2Violation(PROTOCOL_ERROR, 'the first frame is not that of the settings');
    if (this.#block && (type !== CONTINUATION || streamId !== this.#block.streamId))
      throw new Http2Violation(PROTOCOL_ERROR, 'headers are not continued');
    if (type === DATA) return this.#onDataFrame(streamId, length);
    if ((type === HEADERS || type === CONTINUATION) && (this.#block?.bytes ?? 0) + length > BLOCK_BYTES)
      throw new Http2Violation(ENHANCE_YOUR_CALM, 'headers are too long');
  }

  onData(streamId: number, chunk: Buffer, start: number, end: number): void {
    const stream = this.#streams.get(streamId);
    if (!stream || start === end) return;
    const piece = chunk.subarray(start, end);
    stream.onData((end - start) * COPIED_BELOW_PART < chunk.length ? ownCopy(piece) : piece);
    this.onTaken(stream);
  }

  onDataEnd(streamId: number, flags: number): void {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    if ((flags & END_STREAM) !== 0) this.#onReceivedAll(stream);
    else this.onTaken(stream); // for what was padding
  }

  onPayload(type: number, flags: number, streamId: number, payload: Buffer): void {
    switch (type) {
      case HEADERS:
        return this.#onHeaders(flags, streamId, withoutPadding(payload, flags));
      case CONTINUATION:
        return this.#onContinuation(flags, payload);
      case PRIORITY:
        return onConnection(streamId !== 0 && payload.length === 5);
      case RST_STREAM:
        return this.#onReset(streamId, payload);
      case SETTINGS:
        return this.#onSettings(flags, streamId, payload);
      case PUSH_PROMISE:
        throw new Http2Violation(PROTOCOL_ERROR, 'push is not enabled');
      case PING:
        return this.#onPing(flags, streamId, payload);
      case GOAWAY:
        return this.#onGoaway(streamId, payload);
      case WINDOW_UPDATE:
        return this.#onWindowUpdate(streamId, payload);
    }
  }

  #onBytes(chunk: Buffer): void {
    if (!this.isOpen) return;
    try {
      this.#parser.read(chunk);
    } catch (error) {
      if (!(error instanceof Http2Violation)) throw error;
      this.close(error.code);
    }
  }

  #onDataFrame(streamId: number, length: number): void {
    this.#windows.take(length);
    this.#creditConnection(this.#windows.ofConnection / 2);
    const stream = this.#streams.get(streamId);
    if (!stream) return this.#requireClosed(streamId);
    if (stream.isReceived) return this.#resetAndFail(stream, STREAM_CLOSED);
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) this.#resetAndFail(stream, FLOW_CONTROL_ERROR);
  }

  #creditConnection(least: number): void {
    if (!this.isOpen) return;
    const credit = this.#windows.creditOfConnection(least);
    if (credit === 0) return;
    this.#writeControl(numberFrame(WINDOW_UPDATE, 0, credit));
  }

  #onHeaders(flags: number, streamId: number, part: Buffer): void {
    onConnection(streamId !== 0);
    if ((flags & END_HEADERS) !== 0) return this.#onBlock(flags, streamId, part);
    this.#block = { streamId, flags, parts: [Buffer.from(part)], bytes: part.length };
  }

  #onContinuation(flags: number, part: Buffer): void {
    const block = this.#block;
    if (!block || part.length === 0) throw new Http2Violation(PROTOCOL_ERROR, 'nothing is continued');
    block.parts.push(Buffer.from(part));
    block.bytes += part.length;
    if ((flags & END_HEADERS) === 0) return;
    this.#block = undefined;
    this.#onBlock(block.flags, block.streamId, Buffer.concat(block.parts));
  }

  #onBlock(flags: number, streamId: number, block: Buffer): void {
    const headers = this.#decoder.decode(block);
    const known = this.#streams.get(streamId);
    if (known) {
      if (known.isReceived) return this.#resetAndFail(known, STREAM_CLOSED);
      // An informational response or trailers say nothing here.
      if (this.role === 'client' && !/^1\d\d$/.test(headers[':status'] ?? '')) known.onHeaders(headers);
      if ((flags & END_STREAM) !== 0) this.#onReceivedAll(known);
      return;
    }
    if (this.role === 'client' || streamId <= this.#lastPeerId) return this.#requireClosed(streamId);
    if (streamId % 2 === 0) throw new Http2Violation(PROTOCOL_ERROR, 'a stream of a client has an odd number');
    this.#lastPeerId = streamId;
    if (!this.#hasRoom()) return this.#reset(streamId, REFUSED_STREAM);
    const stream = this.#open(streamId);
    this.emit('request', stream, headers);
    if ((flags & END_STREAM) !== 0) this.#onReceivedAll(stream);
  }

  #onReset(streamId: number, payload: Buffer): void {
    if (payload.length !== 4) throw new Http2Violation(FRAME_SIZE_ERROR, 'a reset of an impossible length');
    // A client that opens and resets streams costs more work than it has (CVE-2023-44487).
    if (this.#resets.take() > 0) throw new Http2Violation(ENHANCE_YOUR_CALM, 'too many resets');
    const stream = this.#streams.get(streamId);
    if (!stream) return this.#requireClosed(streamId);
    this.#sending.remove(stream);
    this.#streams.delete(streamId);
    stream.onReset(payload.readUInt32BE(0));
  }

  #onSettings(flags: number, streamId: number, payload: Buffer): void {
    onConnection(streamId === 0);
    if ((flags & ACK) !== 0) {
      if (payload.length > 0) throw new Http2Violation(FRAME_SIZE_ERROR, 'an acknowledgement with settings');
      this.#widenReceiving(this.#windows.acknowledged());
      // Below its window, a peer sends nothing that would be read: what was read already has to be credited now.
      for (const stream of this.#streams.values()) this.onTaken(stream);
      return;
    }
    for (const [id, value] of settingsIn(payload)) this.#onSetting(id, value);
    this.#writeControl(frame(SETTINGS, ACK, 0, NOTHING));
    if (this.#hasSettings) return;
    this.#hasSettings = true;
    this.emit('settings');
  }

  #onSetting(id: number, value: number): void {
    if (id === MAX_CONCURRENT_STREAMS) this.#peerStreams = value;
    else if (id === ENABLE_PUSH) onConnection(value <= 1);
    else if (id === MAX_FRAME_SIZE) {
      onConnection(value >= LEAST_FRAME_BYTES && value < 2 ** 24);
      this.#sending.peerFrameBytes = value;
    } else if (id === INITIAL_WINDOW_SIZE) {
      if (value > MOST_WINDOW_BYTES) throw new Http2Violation(FLOW_CONTROL_ERROR, 'a window that is too large');
      const more = value - this.#peerStreamWindow;
      this.#peerStreamWindow = value;
      for (const stream of this.#streams.values()) this.#sending.widenStream(stream, more);
      this.#sending.send();
    }
  }

  #onPing(flags: number, streamId: number, payload: Buffer): void {
    onConnection(streamId === 0);
    if (payload.length !== 8) throw new Http2Violation(FRAME_SIZE_ERROR, 'a ping of an impossible length');
    if ((flags & ACK) === 0) return this.#writeControl(frame(PING, ACK, 0, payload));
    const ping = this.#ping;
    if (!ping?.data.equals(payload)) return;
    this.#ping = undefined;
    ping.done(null, performance.now() - ping.at);
  }

  #onGoaway(streamId: number, payload: Buffer): void {
    onConnection(streamId === 0);
    if (payload.length < 8) throw new Http2Violation(FRAME_SIZE_ERROR, 'a goaway of an impossible length');
    const code = payload.readUInt32BE(4);
    if (code !== NO_ERROR) this.destroy(new Error(`the other end has closed the tunnel (${code})`));
    else this.#peerStreams = 0;
  }

  #onWindowUpdate(streamId: number, payload: Buffer): void {
    if (payload.length !== 4) throw new Http2Violation(FRAME_SIZE_ERROR, 'a window update of an impossible length');
    const more = payload.readUInt32BE(0) & 0x7fffffff;
    const stream = this.#streams.get(streamId);
    if (streamId === 0) {
      if (more === 0) throw new Http2Violation(PROTOCOL_ERROR, 'a window update of nothing');
      this.#sending.widen(more);
    } else if (!stream) return this.#requireClosed(streamId);
    else if (more === 0) return this.#resetAndFail(stream, PROTOCOL_ERROR);
    else this.#sending.widenStream(stream, more);
    this.#sending.send();
  }

  #onReceivedAll(stream: Http2Stream): void {
    stream.onEnd();
    this.#forget(stream);
  }

  /** Both ends have forgotten a stream that is complete. */
  #forget(stream: Http2Stream): void {
    if (stream.isSent && stream.isReceived) this.#streams.delete(stream.id);
  }

  #open(id: number): Http2Stream {
    const stream = new Http2Stream(id, this, this.#peerStreamWindow, this.#windows.permittedOfStream);
    this.#streams.set(id, stream);
    this.#alive.add(stream);
    return stream;
  }

  /** Frames may arrive for a stream that has been closed, and for no other one that is not open. */
  #requireClosed(streamId: number): void {
    const isOwn = streamId % 2 === (this.role === 'client' ? 1 : 0);
    const last = isOwn ? this.#lastId : this.#lastPeerId;
    onConnection(streamId !== 0 && streamId <= last);
  }

  /** For one more stream of the peer. */
  #hasRoom(): boolean {
    const most = LIMITS.TUNNEL_STREAMS;
    if (this.#streams.size >= most || this.#alive.size >= 2 * most) return false;
    let unread = 0;
    for (const { readableLength } of this.#alive) unread += readableLength;
    return unread <= LIMITS.TUNNEL_UNREAD_BYTES;
  }

  /** The peer violates the protocol on one stream (RFC 9113 5.4.2). */
  #resetAndFail(stream: Http2Stream, code: number): void {
    this.#reset(stream.id, code);
    stream.isReset = true;
    stream.destroy(new Error(`the other end violates HTTP/2 on the stream (${code})`));
  }

  #reset(streamId: number, code: number): void {
    this.#writeControl(numberFrame(RST_STREAM, streamId, code));
  }

  #writeSettings(settings: readonly (readonly [id: number, value: number])[]): void {
    this.#windows.announced();
    this.#writeControl(settingsFrame(settings));
  }

  #widenReceiving(more: number): void {
    for (const stream of this.#streams.values()) stream.receiveWindow += more;
  }

  /** Before content that waits. A peer that causes answers and does not read them must not fill the memory. */
  #writeControl(bytes: Buffer): void {
    if (!this.isOpen || !this.bytes.writable) return;
    if (this.bytes.writableLength > LIMITS.TUNNEL_ANSWERS_BYTES) return this.destroy();
    this.bytes.write(bytes);
  }
}

/** In memory of its own: one from `Buffer.from` may keep the whole pool, of 64 KB since Node 26, that it was taken from. */
function ownCopy(piece: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(piece.length);
  piece.copy(copy);
  return copy;
}

function onConnection(isPermitted: boolean): void {
  if (!isPermitted) throw new Http2Violation(PROTOCOL_ERROR, 'a frame that is not permitted here');
}
