import {
  DATA,
  FRAME_HEADER_BYTES,
  FRAME_SIZE_ERROR,
  Http2Violation,
  PADDED,
  PROTOCOL_ERROR,
  CONTINUATION,
} from './frames';

/** Receives the frames of a connection. Each call may throw an Http2Violation. */
export interface FrameHandler {
  /** Nothing is read any more when it is not. */
  readonly isOpen: boolean;
  /** The header of a frame. */
  onFrame(type: number, flags: number, streamId: number, length: number): void;
  /** Content of a DATA frame, without padding: chunk[start, end). */
  onData(streamId: number, chunk: Buffer, start: number, end: number): void;
  onDataEnd(streamId: number, flags: number): void;
  /** The whole payload of a frame of another type that is known. It is valid during the call only. */
  onPayload(type: number, flags: number, streamId: number, payload: Buffer): void;
}

/** Reads the frames of HTTP/2 (RFC 9113 4) from the chunks of a byte stream. Content is passed on as it arrives. */
export class FrameParser {
  #prefaceBytes = 0;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerBytes = 0;

  #isInFrame = false;
  #type = 0;
  #flags = 0;
  #streamId = 0;
  /** Of the payload, still to come. */
  #left = 0;
  /** Of it, padding; undefined: its length is still to come. */
  #padding: number | undefined = 0;
  #payload: Buffer[] = [];

  constructor(
    private readonly handler: FrameHandler,
    private readonly frameBytes: number,
    /** What comes before the first frame. */
    private readonly preface: Buffer,
  ) {}

  /** @throws Http2Violation; nothing must be read after it */
  read(chunk: Buffer): void {
    let at = this.#readPreface(chunk);
    while (at < chunk.length && this.handler.isOpen)
      at = this.#isInFrame ? this.#readPayload(chunk, at) : this.#readHeader(chunk, at);
  }

  #readPreface(chunk: Buffer): number {
    const at = this.#prefaceBytes;
    if (at === this.preface.length) return 0;
    const bytes = Math.min(this.preface.length - at, chunk.length);
    if (!this.preface.subarray(at, at + bytes).equals(chunk.subarray(0, bytes)))
      throw new Http2Violation(PROTOCOL_ERROR, 'not HTTP/2');
    this.#prefaceBytes += bytes;
    return bytes;
  }

  #readHeader(chunk: Buffer, at: number): number {
    if (this.#headerBytes === 0 && chunk.length - at >= FRAME_HEADER_BYTES) {
      this.#begin(chunk, at);
      return at + FRAME_HEADER_BYTES;
    }
    const copied = chunk.copy(this.#header, this.#headerBytes, at);
    this.#headerBytes += copied;
    if (this.#headerBytes === FRAME_HEADER_BYTES) {
      this.#headerBytes = 0;
      this.#begin(this.#header, 0);
    }
    return at + copied;
  }

  #begin(from: Buffer, at: number): void {
    const length = from.readUIntBE(at, 3);
    this.#type = from[at + 3]!;
    this.#flags = from[at + 4]!;
    this.#streamId = from.readUInt32BE(at + 5) & 0x7fffffff;
    if (length > this.frameBytes) throw new Http2Violation(FRAME_SIZE_ERROR, 'a frame that is too long');
    this.handler.onFrame(this.#type, this.#flags, this.#streamId, length);
    this.#left = length;
    this.#isInFrame = true;
    this.#padding = this.#type === DATA && (this.#flags & PADDED) !== 0 ? undefined : 0;
    if (length === 0) this.#end(Buffer.alloc(0));
  }

  #readPayload(chunk: Buffer, at: number): number {
    const end = Math.min(at + this.#left, chunk.length);
    if (this.#type === DATA) this.#readData(chunk, at, end);
    else {
      this.#left -= end - at;
      if (this.#type > CONTINUATION) this.#payload = [];
      else if (this.#left > 0 || this.#payload.length > 0) this.#payload.push(Buffer.from(chunk.subarray(at, end)));
    }
    if (this.#left === 0) this.#end(this.#payload.length > 0 ? Buffer.concat(this.#payload) : chunk.subarray(at, end));
    return end;
  }

  #readData(chunk: Buffer, from: number, end: number): void {
    let at = from;
    if (this.#padding === undefined) {
      this.#padding = chunk[at++]!;
      if (this.#padding > this.#left - 1) throw new Http2Violation(PROTOCOL_ERROR, 'more padding than frame');
      this.#left -= 1;
    }
    const content = Math.min(end, at + this.#left - this.#padding);
    if (content > at) this.handler.onData(this.#streamId, chunk, at, content);
    this.#left -= end - at;
  }

  #end(payload: Buffer): void {
    this.#isInFrame = false;
    this.#payload = [];
    if (this.#type !== DATA) return this.handler.onPayload(this.#type, this.#flags, this.#streamId, payload);
    if (this.#padding === undefined) throw new Http2Violation(PROTOCOL_ERROR, 'padding without a length');
    this.handler.onDataEnd(this.#streamId, this.#flags);
  }
}
