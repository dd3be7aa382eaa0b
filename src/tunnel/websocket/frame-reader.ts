import { isUtf8 } from 'node:buffer';
import {
  BINARY,
  CLOSE,
  CONTINUATION,
  INVALID_TEXT,
  MIDDLE_HEADER_BYTES,
  NO_STATUS,
  PING,
  PONG,
  PROTOCOL_ERROR,
  TEXT,
  TOO_LARGE,
} from './frames';
import { rotated, unmask } from './mask';

/** Two bytes, the extended length and the masking key. */
const LONGEST_HEADER_BYTES = 14;
const KEY_BYTES = 4;
const MASKED = 0x80;
const NOTHING = Buffer.alloc(0);

/** Buffers are valid during the call only, except those of `onBytes`. */
export interface FrameListener {
  /**
   * Content of binary messages: chunk[start, end), without the boundaries of messages and frames. It belongs to the
   * listener, and so do the MIDDLE_HEADER_BYTES before it if `start` is not less.
   */
  onBytes(chunk: Buffer, start: number, end: number): void;
  /** A text message; undefined as soon as it is longer than permitted, of which the rest is discarded. */
  onText(text: Buffer | undefined): void;
  onPing(payload: Buffer): void;
  onPong(): void;
  /** The last call. @param code NO_STATUS if the peer gave none */
  onClose(code: number, reason: Buffer): void;
}

export interface FrameLimits {
  /** Of one message. */
  readonly messageBytes: number;
  /** Of one text message. */
  readonly textBytes: number;
}

/**
 * Reads the frames of a client or a server (RFC 6455 5) from the chunks of a TCP connection. Only headers are parsed; the
 * content of binary messages is unmasked in place as it arrives, and what one chunk has of it is moved together.
 */
export class FrameReader {
  // the frame
  #opcode = 0;
  #isFinal = false;
  #key = 0;
  /** Bytes of the payload still to come. */
  #left = 0;
  /** The payload so far, of a control frame. */
  #control: Buffer = NOTHING;

  // the message
  /** TEXT or BINARY; 0: none has begun. */
  #message = 0;
  #messageBytes = 0;
  /** A text so far; undefined: too long. */
  #text: Buffer | undefined = NOTHING;

  /** A header that was not complete at the end of a chunk. */
  #header: Buffer | undefined;
  #headerBytes = 0;

  /** The content of the chunk that is being read, so far. */
  #start = 0;
  #end = 0;

  #isOver = false;
  #violation: number | undefined;

  /** Every frame of a client is masked, and none of a server (RFC 6455 5.1). */
  readonly #masked: number;
  readonly #keyBytes: number;

  constructor(
    private readonly listener: FrameListener,
    private readonly limits: FrameLimits,
    peer: 'client' | 'server' = 'client',
  ) {
    this.#masked = peer === 'client' ? MASKED : 0;
    this.#keyBytes = peer === 'client' ? KEY_BYTES : 0;
  }

  /**
   * Overwrites the chunk. After a violation or the peer's close, what follows is ignored.
   * @returns the close code for a violation of the protocol
   */
  read(chunk: Buffer): number | undefined {
    this.#start = this.#end = 0;
    let at = 0;
    while (at < chunk.length && !this.#isOver)
      at = this.#left > 0 ? this.#readPayload(chunk, at) : this.#readHeader(chunk, at);
    this.#flush(chunk);
    return this.#violation;
  }

  /** @returns where to continue */
  #readHeader(chunk: Buffer, at: number): number {
    const bytes =
      this.#headerBytes === 0 ? this.#parse(chunk, at, Math.min(chunk.length - at, LONGEST_HEADER_BYTES)) : 0;
    const next = bytes > 0 || this.#isOver ? at + bytes : this.#assemble(chunk, at);
    if (this.#headerBytes === 0 && this.#left === 0 && !this.#isOver) this.#endFrame(chunk);
    return next;
  }

  /** A header at the end of a chunk may continue in the next one. */
  #assemble(chunk: Buffer, from: number): number {
    this.#header ??= Buffer.alloc(LONGEST_HEADER_BYTES);
    for (let at = from; at < chunk.length;) {
      this.#header[this.#headerBytes++] = chunk[at++]!;
      if (this.#parse(this.#header, 0, this.#headerBytes) > 0) this.#headerBytes = 0;
      if (this.#headerBytes === 0 || this.#isOver) return at;
    }
    return chunk.length;
  }

  /** @returns the length of the header; 0: it is not complete, or a violation */
  #parse(from: Buffer, at: number, available: number): number {
    if (available < 2) return 0;
    const first = from[at]!;
    const second = from[at + 1]!;
    if (!this.#isPermitted(first, second)) return this.#fail(PROTOCOL_ERROR);
    let length = second & 0x7f;
    let end = 2;
    if (length >= 126) {
      end = length === 126 ? 4 : 10;
      if (available < end) return 0;
      length = end === 4 ? from.readUInt16BE(at + 2) : from.readUInt32BE(at + 2) * 2 ** 32 + from.readUInt32BE(at + 6);
    }
    const opcode = first & 0x0f;
    const messageBytes = opcode >= CLOSE ? this.#messageBytes : this.#messageBytes + length;
    if (messageBytes > this.limits.messageBytes) return this.#fail(TOO_LARGE);
    const headerBytes = end + this.#keyBytes;
    if (available < headerBytes) return 0;
    if (this.#keyBytes > 0) this.#key = from.readInt32LE(at + end);
    this.#opcode = opcode;
    this.#isFinal = first >= 0x80;
    this.#left = length;
    this.#messageBytes = messageBytes;
    if (opcode === TEXT || opcode === BINARY) this.#message = opcode;
    return headerBytes;
  }

  /** The rules of RFC 6455 5.2, 5.4 and 5.5 about the first two bytes. */
  #isPermitted(first: number, second: number): boolean {
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0 || (second & MASKED) !== this.#masked) return false;
    if (opcode < CLOSE) return opcode <= BINARY && (opcode === CONTINUATION) === (this.#message !== 0);
    const length = second & 0x7f;
    return opcode <= PONG && first >= 0x80 && length <= 125 && !(opcode === CLOSE && length === 1);
  }

  /** @returns where to continue */
  #readPayload(chunk: Buffer, from: number): number {
    const to = Math.min(from + this.#left, chunk.length);
    unmask(chunk, from, to, this.#key);
    this.#left -= to - from;
    if (this.#left > 0) this.#key = rotated(this.#key, to - from);
    if (this.#opcode >= CLOSE) this.#control = joined(this.#control, chunk.subarray(from, to), this.#left === 0);
    else if (this.#message === BINARY) this.#append(chunk, from, to);
    else if (this.#text) this.#appendText(chunk, from, to);
    if (this.#left === 0) this.#endFrame(chunk);
    return to;
  }

  /** Moves the piece to what the chunk has so far, or the other way round; afterwards there is room for a header. */
  #append(chunk: Buffer, from: number, to: number): void {
    const bytes = this.#end - this.#start;
    if (bytes === 0) {
      this.#start = from;
      this.#end = to;
    } else if (this.#start < MIDDLE_HEADER_BYTES || bytes < to - from) {
      chunk.copyWithin(from - bytes, this.#start, this.#end);
      this.#start = from - bytes;
      this.#end = to;
    } else {
      chunk.copyWithin(this.#end, from, to);
      this.#end += to - from;
    }
  }

  #appendText(chunk: Buffer, from: number, to: number): void {
    const isLast = this.#isFinal && this.#left === 0;
    if (this.#messageBytes <= this.limits.textBytes)
      return void (this.#text = joined(this.#text!, chunk.subarray(from, to), isLast));
    this.#text = undefined;
    this.#flush(chunk);
    this.listener.onText(undefined);
  }

  #endFrame(chunk: Buffer): void {
    if (this.#opcode >= CLOSE) {
      const payload = this.#control;
      this.#control = NOTHING;
      this.#flush(chunk);
      this.#onControl(payload);
    } else if (this.#isFinal) this.#endMessage(chunk);
  }

  #endMessage(chunk: Buffer): void {
    const text = this.#message === TEXT ? this.#text : undefined;
    this.#message = 0;
    this.#messageBytes = 0;
    this.#text = NOTHING;
    if (!text) return;
    this.#flush(chunk);
    if (isUtf8(text)) this.listener.onText(text);
    else this.#fail(INVALID_TEXT);
  }

  #onControl(payload: Buffer): void {
    if (this.#opcode === PING) return this.listener.onPing(payload);
    if (this.#opcode === PONG) return this.listener.onPong();
    const code = payload.length === 0 ? NO_STATUS : payload.readUInt16BE(0);
    const reason = payload.subarray(2);
    if (payload.length > 0 && !isCloseCode(code)) return void this.#fail(PROTOCOL_ERROR);
    if (!isUtf8(reason)) return void this.#fail(INVALID_TEXT);
    this.#isOver = true;
    this.listener.onClose(code, reason);
  }

  #flush(chunk: Buffer): void {
    const [start, end] = [this.#start, this.#end];
    this.#start = this.#end = 0;
    if (start < end) this.listener.onBytes(chunk, start, end);
  }

  #fail(violation: number): 0 {
    this.#isOver = true;
    this.#violation = violation;
    return 0;
  }
}

/** Copies what has to outlive its chunk. */
const joined = (before: Buffer, piece: Buffer, isLast: boolean): Buffer =>
  isLast && before.length === 0 ? piece : Buffer.concat([before, piece]);

/** Those that a peer may send (RFC 6455 7.4, and the registry it founded). */
const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);
