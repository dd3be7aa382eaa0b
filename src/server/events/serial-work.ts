const ignore = () => undefined;

/**
 * Runs the work of a key one after another, in the order of the calls, also after work that has failed. The work of other keys
 * runs at the same time. Callers bound how much waits: agents by XMPP_IQS_IN_FLIGHT.
 */
export class SerialWork {
  /** The end of what has been added last, by key; settled without a result. */
  private readonly last = new Map<string, Promise<void>>();

  run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const done = (this.last.get(key) ?? Promise.resolve()).then(work);
    const over = done.then(ignore, ignore).then(() => {
      if (this.last.get(key) === over) this.last.delete(key);
    });
    this.last.set(key, over);
    return done;
  }

  /** Keys whose work is not over. */
  get size(): number {
    return this.last.size;
  }
}
