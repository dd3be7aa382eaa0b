import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import { SessionEvents } from './session-events';
import type { SessionEntity } from './session.entity';

/**
 * `approved` is answered if it lasts longer, as while a relay is being restarted. It usually lasts for milliseconds, in which
 * an answer and the next poll would delay the connection information.
 */
const APPROVED_MS = 250;

/** Polls of terminals (S201) that wait for a change of their session, instead of asking again and again. */
@Injectable()
export class HeldPolls implements BeforeApplicationShutdown {
  private readonly bySession = new Map<string, Set<HeldPoll>>();

  constructor(events: SessionEvents) {
    events.on('changed', (session) => {
      if (session.state === 'approved') setTimeout(() => this.look(session.id), APPROVED_MS).unref();
      else this.bySession.get(session.id)?.forEach((poll) => poll.look(session));
    });
  }

  /** Something that the answer depends on has changed. */
  look(sessionId: string): void {
    this.bySession.get(sessionId)?.forEach((poll) => poll.look());
  }

  /** Whether the polls of the session are answered after its next change. */
  isPassing({ state, approvedAt }: SessionEntity): boolean {
    return state === 'approved' && approvedAt !== null && Date.now() - approvedAt.getTime() < APPROVED_MS;
  }

  /** They are answered, so that the server can stop. */
  beforeApplicationShutdown(): void {
    for (const polls of this.bySession.values()) polls.forEach((poll) => poll.end());
  }

  /**
   * Calls `look` at once and after each change of the session, until it returns true, for POLL_HELD_MS at most.
   * Rejects as `look` does.
   * @param look its argument is the session as it has changed; undefined: something else has, or may have
   */
  async hold(sessionId: string, look: (changed?: SessionEntity) => Promise<boolean>): Promise<void> {
    const polls = this.bySession.get(sessionId) ?? new Set();
    this.bySession.set(sessionId, polls);
    const poll = new HeldPoll();
    polls.add(poll);
    const [oldest] = polls;
    if (polls.size > LIMITS.POLLS_HELD_PER_SESSION) oldest?.end();
    const timer = setTimeout(() => poll.end(), LIMITS.POLL_HELD_MS);
    try {
      while (!(await look(poll.session)) && (await poll.next()) !== 'over');
    } finally {
      clearTimeout(timer);
      if (polls.delete(poll) && polls.size === 0) this.bySession.delete(sessionId);
    }
  }
}

class HeldPoll {
  private has: 'nothing' | 'changed' | 'over' = 'nothing';
  private wake = (): void => undefined;
  /** As the last change has left it. */
  session: SessionEntity | undefined;

  /** Resolves with a change that came since the last call, or the end. */
  async next(): Promise<'changed' | 'over'> {
    if (this.has === 'nothing') await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.has === 'over') return 'over';
    this.has = 'nothing';
    return 'changed';
  }

  look(session?: SessionEntity): void {
    this.session = session;
    if (this.has === 'nothing') this.has = 'changed';
    this.wake();
  }

  end(): void {
    this.has = 'over';
    this.wake();
  }
}
