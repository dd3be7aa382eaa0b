import type { DestinationStream } from 'pino';
import { LIMITS } from '../../protocol/limits';

/** The last lines of this agent's log, in memory, as they were written; each passes on to where the log is written. */
export class RecentLog implements DestinationStream {
  #lines: string[] = [];

  constructor(private readonly written?: DestinationStream) {}

  /** Oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  write(line: string): void {
    this.written?.write(line);
    if (line.length > LIMITS.LOG_LINE_CHARACTERS) return; // a stack
    this.#lines.push(line);
    if (this.#lines.length > 2 * LIMITS.LOG_LINES_KEPT) this.#lines = this.#lines.slice(-LIMITS.LOG_LINES_KEPT);
  }
}
