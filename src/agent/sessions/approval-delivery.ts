import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../journal/journal';
import { approval } from '../../protocol/control-channel';
import { Backoff } from '../../tunnel/backoff';
import type { Decision } from './agent-session';
import type { ControlChannel } from '../channel/control-channel';
import { ExchangeRefused } from '../channel/control-channel.errors';

/** A person is waiting at both ends: try often. */
const RETRY = { firstMs: 200, maxMs: 3_000 };
const ANSWER_MS = 10_000;
/** Refusals that another try may not meet again; every other one is final. */
const PASSING = ['internal-error', 'internal-server-error', 'resource-constraint', 'too-many-requests'];

/**
 * Brings a YES (S144) or NO to the control plane: again and again until it is acknowledged, refused for good, stopped,
 * or too late. A repeated answer is harmless; NO takes the place of a YES that is still on its way.
 */
export class ApprovalDelivery {
  readonly #running = new Map<string, { answer: Decision; stopping: AbortController }>();

  constructor(
    private readonly channel: Pick<ControlChannel, 'online' | 'request'>,
    private readonly journal: Journal,
    private readonly onRefused: (remoteSessionId: string, detail: string) => void,
    /** An answer is no longer on its way: taken, refused, or too late. */
    private readonly onDone: () => void = () => undefined,
  ) {}

  /** Answers that are still on their way. */
  get pending(): number {
    return this.#running.size;
  }

  /** `until` is when it is too late (`performance.now`). */
  start(remoteSessionId: string, answer: Decision, until: number): void {
    if (this.#running.get(remoteSessionId)?.answer.decision === answer.decision) return;
    this.stop(remoteSessionId);
    const delivery = { answer, stopping: new AbortController() };
    this.#running.set(remoteSessionId, delivery);
    void this.#deliver(remoteSessionId, answer, until, delivery.stopping.signal).finally(() => {
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

  async #deliver(remoteSessionId: string, answer: Decision, until: number, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(RETRY);
    let sent = false;
    while (!signal.aborted && performance.now() < until) {
      if (this.channel.online) {
        if (!sent && answer.decision === 'approved') this.journal.step('S144', remoteSessionId);
        const refusal = await this.#send(remoteSessionId, answer);
        if (refusal === undefined || signal.aborted) return;
        // After a lost acknowledgement the first try may have been the one that counted.
        if (refusal instanceof ExchangeRefused && !sent) return this.onRefused(remoteSessionId, refusal.message);
        if (refusal instanceof ExchangeRefused) return;
        sent = true;
      }
      await delay(backoff.next(), undefined, { signal }).catch(() => undefined);
    }
    if (!signal.aborted) this.journal.warn('the answer could not be delivered in time', { remoteSessionId, ...answer });
  }

  /** undefined: acknowledged. An ExchangeRefused is final. */
  async #send(remoteSessionId: string, answer: Decision): Promise<Error | undefined> {
    try {
      await this.channel.request(approval, { remoteSessionId, ...answer }, ANSWER_MS);
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      this.journal.info('the answer was not taken', { remoteSessionId, ...answer, detail: message });
      if (error instanceof ExchangeRefused && PASSING.includes(error.code)) return new Error(message);
      return error as Error;
    }
  }
}
