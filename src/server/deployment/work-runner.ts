import type { Journal } from '../../journal/journal';
import { Backoff } from '../../tunnel/backoff';
import { pause } from './pause';

type Work = (signal: AbortSignal) => Promise<void>;

interface Running {
  readonly stop: AbortController;
  /** Resolves when the work has stopped; never rejects. */
  readonly stopped: Promise<void>;
}

/**
 * Runs one work at a time for each deployment. A work that fails unexpectedly, for example because of a full disk, is
 * retried until it is aborted.
 */
export class WorkRunner {
  private readonly running = new Map<string, Running>();
  private isStopped = false;

  constructor(private readonly journal: Journal) {}

  /** Aborts the work before and starts when that has stopped: it may be about to instruct the keeper. */
  start(id: string, name: string, work: Work): Promise<void> {
    this.abort(id);
    if (this.isStopped) return Promise.resolve();
    const stop = new AbortController();
    const before = this.running.get(id)?.stopped ?? Promise.resolve();
    const stopped = before.then(() => this.retry(`${name} of deployment ${id}`, work, stop.signal));
    const running = { stop, stopped };
    this.running.set(id, running);
    return stopped.then(() => {
      if (this.running.get(id) === running) this.running.delete(id);
    });
  }

  abort(id: string): void {
    this.running.get(id)?.stop.abort();
  }

  /** Aborts every work and starts none after it. */
  stop(): void {
    this.isStopped = true;
    for (const { stop } of this.running.values()) stop.abort();
  }

  private async retry(what: string, work: Work, signal: AbortSignal): Promise<void> {
    for (const backoff = new Backoff(); !signal.aborted;) {
      try {
        return await work(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.journal.unexpected(error, `carrying out ${what}`);
        await pause(signal, backoff.next()).catch(() => undefined);
      }
    }
  }
}
