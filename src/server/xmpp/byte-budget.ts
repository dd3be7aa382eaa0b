/** Token bucket: `burst` bytes at once, `perSecond` in the long run. */
export class ByteBudget {
  private tokens: number;
  private filledAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.tokens = burst;
    this.filledAt = now();
  }

  /** Takes the bytes and returns how many milliseconds to read nothing, 0 while there is budget. */
  spend(bytes: number): number {
    const now = this.now();
    const earned = ((now - this.filledAt) / 1000) * this.perSecond;
    this.filledAt = now;
    this.tokens = Math.min(this.burst, this.tokens + earned) - bytes;
    return this.tokens >= 0 ? 0 : (-this.tokens / this.perSecond) * 1000;
  }
}
