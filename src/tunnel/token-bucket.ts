const clock = () => performance.now();

/** Limits a rate: `burst` at once, `perSecond` in the long run. */
export class TokenBucket {
  private tokens: number;
  private filledAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    private readonly now: () => number = clock,
  ) {
    this.tokens = burst;
    this.filledAt = now();
  }

  /** Spends in any case, so that there may be a debt. @returns milliseconds until it is paid; 0: there is none */
  spend(count: number): number {
    this.fill();
    this.tokens -= count;
    return this.tokens >= 0 ? 0 : (-this.tokens / this.perSecond) * 1000;
  }

  /** Spends one if it is there. @returns milliseconds until it will be; 0: it was spent */
  take(): number {
    this.fill();
    if (this.tokens < 1) return ((1 - this.tokens) / this.perSecond) * 1000;
    this.tokens -= 1;
    return 0;
  }

  private fill(): void {
    const now = this.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.filledAt) / 1000) * this.perSecond);
    this.filledAt = now;
  }
}
