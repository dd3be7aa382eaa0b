/** A late tick serves no more than one in time, so that a server that is busy serves fewer. */
const TICK_MS = 25;

/** Serves what waits at a rate: at once while little waits, otherwise a few in each tick. */
export class Pacer {
  private readonly most: number;
  private left: number;
  private filledAt = performance.now();
  private timer: NodeJS.Timeout | undefined;

  /** @param serveNext false: nothing waits, or nothing can be served before the next call of `wake` */
  constructor(
    private readonly perSecond: number,
    private readonly serveNext: () => boolean,
  ) {
    this.most = Math.max(1, Math.round((perSecond * TICK_MS) / 1000));
    this.left = this.most;
  }

  /** Call it when something waits. */
  wake(): void {
    if (!this.timer) this.serve();
  }

  private serve(): void {
    const now = performance.now();
    this.left = Math.min(this.most, this.left + ((now - this.filledAt) / 1000) * this.perSecond);
    this.filledAt = now;
    for (; this.left >= 1; this.left -= 1) if (!this.serveNext()) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.serve();
    }, TICK_MS).unref();
  }
}
