import { setMaxListeners } from 'node:events';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { HalfLog } from '../../protocol/relay-rpc';
import { jittered } from '../../protocol/waits';
import type { ControlPlaneLink } from './control-plane-link';
import type { SessionLog } from './session-log';

/** Links that are reported at the same time when the control plane is back. */
const PARALLEL_LINKS = 64;

/**
 * Reports stored logs to the control plane, and repeats each until it is acknowledged. In order per link: the end of a half
 * after all that was before, its start after all ends that were before. The starts of both halves are reported together.
 */
export class LogReporter {
  /** Of each link: when all its logs so far, and when all end logs among them, are acknowledged. */
  readonly #queues = new Map<string, { all: Promise<unknown>; ends: Promise<unknown> }>();
  /** Unacknowledged logs by their ID. */
  readonly #reports = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();
  readonly #waitingForSlot: (() => void)[] = [];
  #sending = 0;

  constructor(
    private readonly sessionLog: SessionLog,
    private readonly controlPlane: ControlPlaneLink,
    private readonly journal: Journal,
  ) {
    setMaxListeners(0, this.#stopped.signal); // one for each link that waits
  }

  get unacknowledged(): number {
    return this.#reports.size;
  }

  /**
   * Reports a stored log. Resolves when it is acknowledged; rejects only when the reporter stops. A log that is already
   * being reported is not reported twice.
   * @param onReport called before the log is sent for the first time
   */
  report(log: HalfLog, onReport: () => void = () => undefined): Promise<void> {
    const already = this.#reports.get(log.id);
    if (already) return already;
    const none = Promise.resolve();
    const before = this.#queues.get(log.linkId) ?? { all: none, ends: none };
    const isEnd = log.event.kind === 'end';
    const reported = (isEnd ? before.all : before.ends).then(() => this.#untilAcknowledged(log, onReport));
    this.#reports.set(log.id, reported);
    const end = reported.then(
      () => void this.#reports.delete(log.id),
      () => undefined,
    );
    const queue = { all: Promise.all([before.all, end]), ends: isEnd ? end : before.ends };
    this.#queues.set(log.linkId, queue);
    void queue.all.then(() => {
      if (this.#queues.get(log.linkId) === queue) this.#queues.delete(log.linkId);
    });
    return reported;
  }

  /** Resolves when all logs so far are acknowledged, or the reporter has stopped. */
  async flushed(): Promise<void> {
    await Promise.all([...this.#queues.values()].map(({ all }) => all));
  }

  /** Unacknowledged logs stay in the database and are reported after the next start. */
  stop(): void {
    this.#stopped.abort();
    for (const go of this.#waitingForSlot.splice(0)) go();
  }

  async #untilAcknowledged(log: HalfLog, onReport: () => void): Promise<void> {
    const { signal } = this.#stopped;
    const fields = { linkId: log.linkId, half: log.half, kind: log.event.kind };
    let attempts = 0;
    for (;;) {
      await this.controlPlane.whenConnected();
      await this.#slot();
      try {
        if (signal.aborted) throw new Error('the relay is stopping');
        if (attempts++ === 0) onReport();
        await this.controlPlane.call('report-log', log);
        if (attempts > 1) this.journal.info('a log was acknowledged', { ...fields, attempts });
        break;
      } catch (error) {
        if (signal.aborted) throw error;
        const { message: detail } = error as Error;
        if (attempts === 1)
          this.journal.warn('a log was not acknowledged and is reported until it is', { ...fields, detail });
      } finally {
        this.#freeSlot();
      }
      // Not longer with each attempt: a session stays open, and its device in use, until its end is recorded.
      await this.#pause(jittered(LIMITS.RELAY_LOG_RESEND_MS, { least: 0.5, most: 1 }));
    }
    // Not awaited: the peer of the half waits. If this fails, the log is reported again after the next start. Its ID makes that
    // harmless.
    void this.sessionLog
      .acknowledge(log.id)
      .catch((error: unknown) => void this.journal.unexpected(error, 'marking a log as acknowledged'));
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopped;
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done);
    });
  }

  async #slot(): Promise<void> {
    while (this.#sending >= PARALLEL_LINKS && !this.#stopped.signal.aborted)
      await new Promise<void>((resolve) => this.#waitingForSlot.push(resolve));
    this.#sending++;
  }

  #freeSlot(): void {
    this.#sending--;
    this.#waitingForSlot.shift()?.();
  }
}
