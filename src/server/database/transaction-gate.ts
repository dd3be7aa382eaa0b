export class TransactionGateTimeout extends Error {
  override readonly name = 'TransactionGateTimeout';
  constructor(waitedMs: number) {
    super(`Waited ${waitedMs} ms for another transaction. Inside a transaction, use only its own manager.`);
  }
}

interface Waiting {
  /** The transaction that needs exclusive access; undefined: a single statement. */
  readonly holder: object | undefined;
  readonly admit: () => void;
}

/**
 * Separates transactions and single statements on one connection: a transaction has exclusive access; statements
 * outside transactions share it. First come, first served.
 */
export class TransactionGate {
  private holder: object | undefined;
  private statements = 0;
  private readonly waiting: Waiting[] = [];

  constructor(private readonly timeoutMs = 10_000) {}

  /** Resolves when the transaction has exclusive access, which lasts until `leave`. @throws TransactionGateTimeout */
  enter(holder: object): Promise<void> {
    return this.wait(holder);
  }

  leave(holder: object): void {
    if (this.holder !== holder) return;
    this.holder = undefined;
    this.admitNext();
  }

  /** Runs a statement: at once inside a transaction, otherwise with shared access. @throws TransactionGateTimeout */
  async statement<Result>(asker: object, run: () => Promise<Result>): Promise<Result> {
    if (this.holder === asker) return run();
    await this.wait(undefined);
    try {
      return await run();
    } finally {
      this.statements -= 1;
      this.admitNext();
    }
  }

  private wait(holder: object | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(new TransactionGateTimeout(this.timeoutMs));
        this.admitNext();
      }, this.timeoutMs);
      const entry: Waiting = {
        holder,
        admit: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.waiting.push(entry);
      this.admitNext();
    });
  }

  private admitNext(): void {
    for (let next = this.waiting[0]; next && this.holder === undefined; next = this.waiting[0]) {
      if (next.holder && this.statements > 0) return;
      this.waiting.shift();
      if (next.holder) this.holder = next.holder;
      else this.statements += 1;
      next.admit();
    }
  }
}
