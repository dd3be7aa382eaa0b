/**
 * Handles IDs one at a time, in the order in which they were added. An ID that is added again while it waits is handled
 * once, so after a burst of changes to one row only the newest state is published.
 */
export class CoalescingQueue {
  private readonly waiting = new Set<string>();
  private isRunning = false;

  /** @param onFailure called when `handle` rejects; the queue continues with the next ID */
  constructor(
    private readonly handle: (id: string) => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  add(id: string): void {
    this.waiting.add(id);
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    for (const id of this.waiting) {
      this.waiting.delete(id);
      await this.handle(id).catch(this.onFailure);
    }
    this.isRunning = false;
  }
}
