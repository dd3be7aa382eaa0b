import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../journal/journal';
import { approval } from '../protocol/control-channel';
import { Backoff } from '../tunnel/backoff';
import type { Asked } from './agent-session';
import type { ControlChannel } from './control-channel';
import { ExchangeRefused } from './control-channel.errors';

/** A person is waiting at both ends: try often. */
const RETRY = { firstMs: 200, maxMs: 3_000 };
const ANSWER_MS = 10_000;
/** Refusals that another try may not meet again; every other one is final. */
const PASSING = ['internal-error', 'internal-server-error', 'resource-constraint', 'too-many-requests'];

type Decision = 'approved' | 'declined';

/**
 * Brings a YES (S144) or NO to the control plane: again and again until it is acknowledged, refused for good, stopped,
 * or too late. A repeated answer is harmless, because the decision to a remote session is the same each time.
 */
export class ApprovalDelivery {
  readonly #running = new Map<string, AbortController>();

  constructor(
    private readonly channel: Pick<ControlChannel, 'online' | 'request'>,
    private readonly journal: Journal,
    private readonly onRefused: (remoteSessionId: string, detail: string) => void,
  ) {}

  start(asked: Asked, decision: Decision): void {
    const { remoteSessionId } = asked;
    if (this.#running.has(remoteSessionId)) return;
    const stopping = new AbortController();
    this.#running.set(remoteSessionId, stopping);
    void this.#deliver(asked, decision, stopping.signal).finally(() => this.#running.delete(remoteSessionId));
  }

  stop(remoteSessionId: string): void {
    this.#running.get(remoteSessionId)?.abort();
  }

  stopAll(): void {
    for (const id of this.#running.keys()) this.stop(id);
  }

  async #deliver(asked: Asked, decision: Decision, signal: AbortSignal): Promise<void> {
    const { remoteSessionId } = asked;
    const backoff = new Backoff(RETRY);
    let sent = false;
    while (!signal.aborted && performance.now() < asked.answerBefore) {
      if (this.channel.online) {
        if (!sent && decision === 'approved') this.journal.step('S144', remoteSessionId);
        const refusal = await this.#send(remoteSessionId, decision);
        if (refusal === undefined) return;
        // After a lost acknowledgement the first try may have been the one that counted.
        if (refusal instanceof ExchangeRefused && !sent) return this.onRefused(remoteSessionId, refusal.message);
        if (refusal instanceof ExchangeRefused) return;
        sent = true;
      }
      await delay(backoff.next(), undefined, { signal }).catch(() => undefined);
    }
    if (!signal.aborted) this.journal.warn('the answer could not be delivered in time', { remoteSessionId, decision });
  }

  /** undefined: acknowledged. An ExchangeRefused is final. */
  async #send(remoteSessionId: string, decision: Decision): Promise<Error | undefined> {
    try {
      await this.channel.request(approval, { remoteSessionId, decision }, ANSWER_MS);
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      this.journal.info('the answer was not taken', { remoteSessionId, decision, detail: message });
      if (error instanceof ExchangeRefused && PASSING.includes(error.code)) return new Error(message);
      return error as Error;
    }
  }
}
