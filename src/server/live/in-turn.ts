/**
 * Tells of what has changed, one after the other, and each as it is in the database then, so that an older state never
 * follows a newer one. Changes of one thing that come while it waits for its turn are told once.
 */
export class InTurn {
  private readonly changed = new Set<string>();
  private telling = false;

  constructor(
    private readonly tell: (id: string) => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  note(id: string): void {
    this.changed.add(id);
    if (!this.telling) void this.tellAll();
  }

  /** One that cannot be told does not keep the others back. */
  private async tellAll(): Promise<void> {
    this.telling = true;
    for (const id of this.changed) {
      this.changed.delete(id);
      await this.tell(id).catch(this.onFailure);
    }
    this.telling = false;
  }
}
