/** Lets callers wait for conditions; `notify` makes each of them check its condition again. */
export class ChangeSignal {
  readonly #waiting = new Set<() => void>();
  #closed = false;

  notify(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Releases all current and future callers. */
  close(): void {
    this.#closed = true;
    this.notify();
  }

  /** Resolves as soon as `condition` holds, or after `ms`. */
  wait(condition: () => boolean, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      const check = () => {
        if (condition() || this.#closed) done();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(check);
      check();
    });
  }
}
