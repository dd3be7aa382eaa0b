import type { LogLines } from '../../journal/standard-error';
import { LIMITS } from '../../protocol/limits';
import type { LogStore } from './log-store';
import { redactedLine, type RedactedLine } from './redaction';

/** The last lines of this agent's log, redacted, in memory and in a store; each passes on to where the log is written. */
export class RecentLog implements LogLines {
  #lines: RedactedLine[] = [];
  #store: LogStore | undefined;

  constructor(private readonly written?: LogLines) {}

  onMissing(report: (lines: number) => void): void {
    this.written?.onMissing?.(report);
  }

  /** Oldest first. */
  get lines(): readonly RedactedLine[] {
    return this.#lines;
  }

  /** Adds the lines of earlier runs, and stores those of this run from now on. */
  async keepIn(store: LogStore): Promise<void> {
    const earlier = await store.load();
    const own = this.#lines;
    this.#lines = [...earlier, ...own].slice(-LIMITS.LOG_LINES_KEPT);
    this.#store = store;
    for (const line of own) store.append(line);
  }

  /** Resolves when the lines are stored, or it takes too long. */
  async close(): Promise<void> {
    await this.#store?.close();
  }

  write(line: string): void {
    this.written?.write(line);
    if (line.length > LIMITS.LOG_LINE_CHARACTERS) return; // a stack
    const kept = redactedLine(line);
    if (!kept) return;
    this.#lines.push(kept);
    if (this.#lines.length > 2 * LIMITS.LOG_LINES_KEPT) this.#lines = this.#lines.slice(-LIMITS.LOG_LINES_KEPT);
    this.#store?.append(kept);
  }
}
