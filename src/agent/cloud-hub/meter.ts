import { Transform, type TransformCallback } from 'node:stream';

/** Passes bytes on only when they are counted, a slice ahead. */
export class Meter extends Transform {
  /** Why it has cut the transfer. */
  cut: Error | undefined;
  #counted = 0;

  constructor(
    /** Counts at least so many bytes. @returns how many it has counted; 0: not permitted */
    private readonly count: (bytes: number) => Promise<number>,
    private readonly giveBack: (bytes: number) => void,
    private readonly onLimit: () => Error,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#pass(chunk.length).then(
      () => done(null, chunk),
      (error: Error) => done((this.cut = error)),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.giveBack(this.#counted);
    this.#counted = 0;
    done(error);
  }

  async #pass(bytes: number): Promise<void> {
    if (bytes > this.#counted) {
      const taken = await this.count(bytes - this.#counted);
      if (taken === 0) throw this.onLimit();
      this.#counted += taken;
    }
    this.#counted -= bytes;
  }
}
