import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../journal/journal';
import { approval } from '../../protocol/control-channel';
import { Backoff } from '../../tunnel/backoff';
import type { GivenAnswer, SentAnswer } from '../approval/answers';
import type { ControlChannel } from '../channel/control-channel';
import { ExchangeRefused } from '../channel/control-channel.errors';

/** Short, because people are waiting at both ends. */
const RETRY = { firstMs: 200, maxMs: 3_000 };
const ANSWER_MS = 10_000;

/**
 * Delivers a YES (S144) or NO to the control plane. Retries until it is acknowledged, refused permanently, stopped or
 * too late. A repeated answer is harmless; a NO replaces an undelivered YES.
 */
export class ApprovalDelivery {
  readonly #running = new Map<string, { answer: SentAnswer; stopping: AbortController }>();

  constructor(
    private readonly channel: Pick<ControlChannel, 'reaches' | 'request'>,
    private readonly journal: Journal,
    private readonly onRefused: (remoteSessionId: string, detail: string) => void,
    /** Called when a delivery has ended. */
    private readonly onDone: () => void = () => undefined,
  ) {}

  /** Number of undelivered answers. */
  get pending(): number {
    return this.#running.size;
  }

  /** Delivers the answer as soon as it is stored. @param until when the delivery is given up (`performance.now`) */
  start(remoteSessionId: string, { answer, stored }: GivenAnswer, until: number): void {
    if (this.#running.get(remoteSessionId)?.answer.decision === answer.decision) return;
    this.stop(remoteSessionId);
    const delivery = { answer, stopping: new AbortController() };
    this.#running.set(remoteSessionId, delivery);
    const { signal } = delivery.stopping;
    const delivered = stored.then(
      () => this.#deliver(remoteSessionId, answer, until, signal),
      (error: Error) =>
        signal.aborted || this.onRefused(remoteSessionId, `the answer was not stored: ${error.message}`),
    );
    void delivered.finally(() => {
      if (this.#running.get(remoteSessionId) !== delivery) return;
      this.#running.delete(remoteSessionId);
      this.onDone();
    });
  }

  stop(remoteSessionId: string): void {
    this.#running.get(remoteSessionId)?.stopping.abort();
    this.#running.delete(remoteSessionId);
  }

  stopAll(): void {
    for (const id of this.#running.keys()) this.stop(id);
  }

  async #deliver(remoteSessionId: string, answer: SentAnswer, until: number, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(RETRY);
    let sent = false;
    while (!signal.aborted && performance.now() < until) {
      if (this.channel.reaches(approval)) {
        if (!sent && answer.decision === 'approved') this.journal.step('S144', remoteSessionId);
        const refusal = await this.#send(remoteSessionId, answer);
        if (refusal === undefined || signal.aborted) return;
        // A refusal of a retry may only mean that an earlier attempt was accepted but its acknowledgement lost.
        if (refusal instanceof ExchangeRefused && !sent) return this.onRefused(remoteSessionId, refusal.message);
        if (refusal instanceof ExchangeRefused) return;
        sent = true;
      }
      await delay(backoff.next(), undefined, { signal }).catch(() => undefined);
    }
    if (!signal.aborted)
      this.journal.warn('the answer could not be delivered in time', logged(remoteSessionId, answer));
  }

  /** @returns undefined if acknowledged; an ExchangeRefused is final */
  async #send(remoteSessionId: string, answer: SentAnswer): Promise<Error | undefined> {
    try {
      await this.channel.request(approval, { remoteSessionId, ...answer }, ANSWER_MS);
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      this.journal.info('the answer was not accepted', { ...logged(remoteSessionId, answer), detail: message });
      if (error instanceof ExchangeRefused && error.isTemporary) return new Error(message);
      return error as Error;
    }
  }
}

/** Without the record, which is long. */
const logged = (remoteSessionId: string, { decision, grant }: SentAnswer) => ({ remoteSessionId, decision, grant });
