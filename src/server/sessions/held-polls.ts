import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import { SessionEvents } from './session-events';

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
    events.on('changed', ({ id, state }) => {
      if (state === 'approved') setTimeout(() => this.look(id), APPROVED_MS).unref();
      else this.look(id);
    });
  }

  /** Something that the answer depends on has changed. */
  look(sessionId: string): void {
    this.bySession.get(sessionId)?.forEach((poll) => poll.look());
  }

  /** They are answered, so that the server can stop. */
  beforeApplicationShutdown(): void {
    for (const polls of this.bySession.values()) polls.forEach((poll) => poll.end());
  }

  /**
   * Calls `look` at once and after each change of the session, until it returns true, for POLL_HELD_MS at most.
   * Rejects as `look` does.
   */
  async hold(sessionId: string, look: () => Promise<boolean>): Promise<void> {
    const polls = this.bySession.get(sessionId) ?? new Set();
    this.bySession.set(sessionId, polls);
    const poll = new HeldPoll();
    polls.add(poll);
    const [oldest] = polls;
    if (polls.size > LIMITS.POLLS_HELD_PER_SESSION) oldest?.end();
    const timer = setTimeout(() => poll.end(), LIMITS.POLL_HELD_MS);
    try {
      while (!(await look()) && (await poll.next()) !== 'over');
    } finally {
      clearTimeout(timer);
      if (polls.delete(poll) && polls.size === 0) this.bySession.delete(sessionId);
    }
  }
}

class HeldPoll {
  private has: 'nothing' | 'changed' | 'over' = 'nothing';
  private wake = (): void => undefined;

  /** Resolves with a change that came since the last call, or the end. */
  async next(): Promise<'changed' | 'over'> {
    if (this.has === 'nothing') await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.has === 'over') return 'over';
    this.has = 'nothing';
    return 'changed';
  }

  look(): void {
    if (this.has === 'nothing') this.has = 'changed';
    this.wake();
  }

  end(): void {
    this.has = 'over';
    this.wake();
  }
}
