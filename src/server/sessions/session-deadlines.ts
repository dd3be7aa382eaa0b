import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** The longest a Node timer can wait. */
const LONGEST = 2 ** 31 - 1;

/** One timer for the earliest deadline of all sessions; the deadlines themselves are in the database. */
@Injectable()
export class SessionDeadlines implements OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private armedFor = Infinity;
  private due: () => void = () => {};
  private stopped = false;

  /** `due` is called when the deadline that was armed has come. */
  start(due: () => void): void {
    this.due = due;
  }

  /** Makes sure the timer goes off by then. */
  arm(at: Date | null | undefined): void {
    if (this.stopped || !at || at.getTime() >= this.armedFor) return;
    clearTimeout(this.timer);
    this.armedFor = at.getTime();
    const wait = Math.min(Math.max(this.armedFor - Date.now(), 0), LONGEST);
    this.timer = setTimeout(() => {
      this.armedFor = Infinity;
      this.due();
    }, wait);
  }

  /** Sessions may still end while the server stops; nothing is due any more. */
  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}
