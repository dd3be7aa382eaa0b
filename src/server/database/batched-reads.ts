/** Keys of one statement. */
const READS_PER_STATEMENT = 100;

interface Waiting<Row> {
  readonly key: string;
  readonly resolve: (row: Row | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Looks up by key what many callers need at the same time, in few statements: while one runs, the keys for the next are
 * collected. Nothing is remembered: a row is read after it was asked for.
 */
export class BatchedReads<Row> {
  private waiting: Waiting<Row>[] = [];
  private isRunning = false;

  /** @param read gets each key once, and rejects or resolves with the rows that exist */
  constructor(private readonly read: (keys: string[]) => Promise<ReadonlyMap<string, Row>>) {}

  /** Undefined: there is none. */
  find(key: string): Promise<Row | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      if (!this.isRunning) void this.readAll();
    });
  }

  /** Never rejects. */
  private async readAll(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, READS_PER_STATEMENT);
      try {
        const found = await this.read([...new Set(batch.map(({ key }) => key))]);
        for (const { key, resolve } of batch) resolve(found.get(key));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.isRunning = false;
  }
}

/** The IDs of rows, by their agent. */
export function idsByAgent(rows: readonly { readonly id: string; readonly agentId: string }[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { id, agentId } of rows) {
    const others = ids.get(agentId);
    if (others) others.push(id);
    else ids.set(agentId, [id]);
  }
  return ids;
}
