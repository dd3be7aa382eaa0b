import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import type { HalfLog } from '../../protocol/relay-rpc';
import type { EndReason, Ending, Half } from '../../protocol/remote-session';
import { ENDING_STEPS, type EndingSteps } from './half-steps';
import type { MasterPeer } from '../pair-rpc';
import type { EndedBy, HalfRecord, RelayedSession } from './relayed-session';

export interface EndCause {
  readonly reason: EndReason;
  readonly ending?: Ending;
}

/** Ends halves: stores and reports the end log, then notifies the peer (S267-S272, S295-S299, S332-S337). */
export class HalfEnding {
  constructor(
    private readonly master: MasterPeer,
    private readonly onEnded: (session: RelayedSession) => void,
    private readonly journal: Journal,
  ) {}

  /**
   * Starts to end a half; does nothing if it is ending or has ended.
   * @param before runs before the end log is written (S264, S293)
   */
  start(session: RelayedSession, half: Half, cause: EndCause, before?: () => Promise<void>): void {
    const record = session.halves[half];
    if (record.state === 'ending' || record.state === 'ended') return;
    const reason = reasonOf(record, cause.reason);
    record.state = 'ending';
    session.link.detach(half);
    record.ended = this.#end(session, half, { ...cause, reason }, before).catch((error: unknown) => {
      record.state = 'ended';
      this.journal.unexpected(error, 'ending a half');
    });
    void record.ended.then(() => this.onEnded(session));
  }

  async #end(session: RelayedSession, half: Half, cause: EndCause, before?: () => Promise<void>): Promise<void> {
    const record = session.halves[half];
    const by: EndedBy = isInOrder(cause.reason) ? cause.reason : 'other';
    await before?.();
    const { received, sent } = session.link.counters[half];
    const counters = { bytesReceived: received, bytesSent: sent };
    const log: HalfLog = {
      id: randomUUID(),
      linkId: session.linkId,
      half,
      at: toInstant(Date.now()),
      event: { kind: 'end', reason: cause.reason, ...counters },
      tokenHash: record.tokenHash,
    };
    await this.#record(session, log, by);
    record.state = 'ended';
    this.journal.info('a half has ended', { linkId: session.linkId, half, reason: cause.reason, ...counters });
    if (!record.peer || !record.owner) return;
    const message = { type: 'terminated', reason: cause.reason, ending: cause.ending, ...counters } as const;
    const step = ENDING_STEPS[by][half].notify;
    if (step) this.journal.step(step, session.remoteSessionId);
    record.owner.terminated(record.peer, message, by, session.remoteSessionId);
  }

  /**
   * Resolves when the log is acknowledged, or after LIMITS.RELAY_CLOSE_MS: the peer must not wait longer. The log is
   * stored, and the Master reports it later.
   */
  async #record(session: RelayedSession, log: HalfLog, by: EndedBy): Promise<void> {
    const timeout = new AbortController();
    await Promise.race([
      this.#storeAndReport(session.remoteSessionId, log, ENDING_STEPS[by][log.half]),
      delay(LIMITS.RELAY_CLOSE_MS, undefined, { signal: timeout.signal }),
    ]);
    timeout.abort();
  }

  /** A full disk must not keep a half open: a log that cannot be stored now is reported all the same. */
  async #storeAndReport(remoteSessionId: string, log: HalfLog, steps: EndingSteps): Promise<void> {
    try {
      if (!(await this.master.call('store', log)).stored) return;
      if (steps.store) this.journal.step(steps.store, remoteSessionId);
    } catch (error) {
      if (!this.master.isOpen) return;
      const { linkId, half } = log;
      this.journal.error('an end log could not be stored yet', { linkId, half, detail: (error as Error).message });
      void this.#storeLater(log);
    }
    await this.master.call('report', { log, remoteSessionId, step: steps.report }).catch(() => undefined);
  }

  /** Repeats while the Master runs. After it has exited, the next one ends the half in the log. Never rejects. */
  async #storeLater(log: HalfLog): Promise<void> {
    const isStored = () =>
      this.master.call('store', log).then(
        () => true,
        () => false,
      );
    do await delay(LIMITS.RELAY_LOG_RESEND_MS, undefined, { ref: false });
    while (this.master.isOpen && !(await isStored()));
  }
}

const isInOrder = (reason: EndReason) => reason === 'requested' || reason === 'control-plane';

/** A half with a start log was connected, if only briefly; one without was not. */
function reasonOf(record: HalfRecord, reason: EndReason): EndReason {
  if (reason === 'never-connected') return record.started ? 'lost' : 'never-connected';
  const wasNeverThere = !record.started && (reason === 'control-plane' || reason === 'expired');
  return wasNeverThere ? 'never-connected' : reason;
}
