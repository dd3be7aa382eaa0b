/** Lets any number of callers wait for something to become true. */
export class News {
  readonly #waiting = new Set<() => void>();
  #ended = false;

  /** Everybody who waits looks again. */
  tell(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Nobody waits any longer, nor will. */
  end(): void {
    this.#ended = true;
    this.tell();
  }

  /** Resolves as soon as `look` is true, and after `ms` all the same. */
  until(look: () => boolean, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(again);
        resolve();
      };
      const again = () => {
        if (look() || this.#ended) done();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(again);
      again();
    });
  }
}
