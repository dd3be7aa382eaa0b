/** Smaller chunks are copied together, so that many of them do not use more memory than their bytes. */
const SMALL_BYTES = 2 * 1024;
const BLOCK_BYTES = 16 * 1024;

/** An offset of the other end that lies outside of what it can have received. */
export class OffsetOutOfRange extends Error {
  override readonly name = 'OffsetOutOfRange';
  readonly code = 'offset-out-of-range';

  constructor(offset: number, acknowledged: number, sent: number) {
    super(`the other end has acknowledged ${offset} bytes, after ${acknowledged} of ${sent}`);
  }
}

/** The bytes of a stream that the other end has not acknowledged yet. Offsets count from the start of the stream. */
export class ReplayBuffer {
  #acknowledged = 0;
  #sent = 0;
  readonly #chunks: Buffer[] = [];
  /** Memory of the last chunk, if that may grow. */
  #block: Buffer | undefined;

  get bytes(): number {
    return this.#sent - this.#acknowledged;
  }

  /** Takes a chunk that is not small. */
  append(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#sent += chunk.length;
    if (chunk.length < SMALL_BYTES) return this.#copy(chunk);
    this.#block = undefined;
    this.#chunks.push(chunk);
  }

  /** Drops the bytes before this offset. @throws OffsetOutOfRange */
  acknowledge(offset: number): void {
    if (offset < this.#acknowledged || offset > this.#sent)
      throw new OffsetOutOfRange(offset, this.#acknowledged, this.#sent);
    let rest = offset - this.#acknowledged;
    let dropped = 0;
    while (dropped < this.#chunks.length && rest >= this.#chunks[dropped]!.length)
      rest -= this.#chunks[dropped++]!.length;
    this.#chunks.splice(0, dropped);
    const [first] = this.#chunks;
    if (!first) this.#block = undefined;
    else if (rest > 0) this.#chunks[0] = first.subarray(rest);
    this.#acknowledged = offset;
  }

  /** All that is not acknowledged, in order. */
  contents(): readonly Buffer[] {
    return [...this.#chunks];
  }

  #copy(chunk: Buffer): void {
    const last = this.#chunks.at(-1);
    const used = last && this.#block ? last.byteOffset - this.#block.byteOffset + last.length : BLOCK_BYTES;
    if (last && this.#block && used + chunk.length <= BLOCK_BYTES) {
      chunk.copy(this.#block, used);
      const start = last.byteOffset - this.#block.byteOffset;
      this.#chunks[this.#chunks.length - 1] = this.#block.subarray(start, used + chunk.length);
    } else {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      chunk.copy(this.#block);
      this.#chunks.push(this.#block.subarray(0, chunk.length));
    }
  }
}
