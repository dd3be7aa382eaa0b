/** Lets any number of callers wait for a condition; `notify` has each of them check it again. */
export class ChangeSignal {
  readonly #waiting = new Set<() => void>();
  #closed = false;

  notify(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Releases every caller that waits, now and later. */
  close(): void {
    this.#closed = true;
    this.notify();
  }

  /** Resolves as soon as `condition` holds, and after `ms` in any case. */
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
