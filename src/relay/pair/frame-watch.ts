/** The frames of HTTP/2 (RFC 9113 6) that matter here. */
const DATA = 0x0;
const HEADERS = 0x1;
/** The client connection preface (RFC 9113 3.4). */
const PREFACE_BYTES = 24;
const FRAME_HEADER_BYTES = 9;

/**
 * Finds the first frame of a kind in one direction of an HTTP/2 connection, from the lengths and types in the frame
 * headers (RFC 9113 4.1) alone. Bytes that are not HTTP/2 have no such frame, or a wrong one; nothing is refused.
 */
export class FrameWatch {
  /** Bytes to skip before the next frame header. */
  #skip: number;
  #header: Buffer | undefined;
  #headerBytes = 0;

  private constructor(
    prefaceBytes: number,
    private readonly isWanted: (type: number, length: number) => boolean,
  ) {
    this.#skip = prefaceBytes;
  }

  /** S233, S234: the terminal's first request. */
  static forRequest(): FrameWatch {
    return new FrameWatch(PREFACE_BYTES, (type) => type === HEADERS);
  }

  /** S242, S243: the first bytes of the application's response. */
  static forResponse(): FrameWatch {
    return new FrameWatch(0, (type, length) => type === DATA && length > 0);
  }

  /** @returns whether the header of the wanted frame is complete with these bytes */
  take(bytes: Buffer): boolean {
    for (let at = 0; at < bytes.length;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      this.#header ??= Buffer.alloc(FRAME_HEADER_BYTES);
      const copied = bytes.copy(this.#header, this.#headerBytes, at, at + FRAME_HEADER_BYTES - this.#headerBytes);
      this.#headerBytes += copied;
      at += copied;
      if (this.#headerBytes < FRAME_HEADER_BYTES) return false;
      this.#headerBytes = 0;
      const length = this.#header.readUIntBE(0, 3);
      if (this.isWanted(this.#header.readUInt8(3), length)) return true;
      this.#skip = length;
    }
    return false;
  }
}
