import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { SessionDeadlines } from './session-deadlines';
import { SessionHalves } from './session-halves';
import { SessionLifecycle } from './session.lifecycle';
import type { SessionEntity } from './session.entity';
import { flawsOf, SESSION_MACHINE } from './session.machine';
import { SessionsRepository } from './sessions.repository';

/** Ends the waits: applies the timeout of every session whose deadline has come, also those of before a restart. */
@Injectable()
export class SessionWatch implements OnApplicationBootstrap {
  constructor(
    private readonly repository: SessionsRepository,
    private readonly lifecycle: SessionLifecycle,
    private readonly halves: SessionHalves,
    private readonly deadlines: SessionDeadlines,
    private readonly journal: Journal,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const flaws = flawsOf(SESSION_MACHINE);
    if (flaws.length > 0) throw new Error(`the session machine is not sound: ${flaws.join('; ')}`);
    await this.takeUp();
    this.deadlines.start(() => void this.endWaits());
    this.deadlines.arm(await this.repository.nextDeadline());
  }

  /** What was being carried out when the server stopped, and would otherwise wait for its deadline, or for ever. */
  private async takeUp(): Promise<void> {
    for (const { id } of await this.repository.inStates(['approved'])) {
      await this.lifecycle.apply(id, 'relay-unavailable', { detail: 'the server was restarted' });
    }
    for (const { id } of await this.repository.withLink()) await this.halves.conclude(id);
    const closing = await this.repository.inStates(['ending', 'halting', 'forcing']);
    for (const session of closing) await this.lifecycle.giveTime(session);
  }

  private async endWaits(): Promise<void> {
    try {
      for (const session of await this.repository.due(new Date())) await this.endWait(session);
      this.deadlines.arm(await this.repository.nextDeadline());
    } catch (error) {
      this.journal.unexpected(error, 'ending the waits of sessions');
      this.deadlines.arm(new Date(Date.now() + LIMITS.RETRY_FIRST_MS));
    }
  }

  private async endWait({ id, state }: SessionEntity): Promise<void> {
    const input = SESSION_MACHINE[state].timeout?.input;
    if (!input) return;
    this.journal.info('the wait of a session is over', { remoteSessionId: id, state });
    if (input === 'close-books') await this.halves.closeBooks(id, 'close-books', 'no end log came in time');
    else await this.lifecycle.apply(id, input, { from: state });
  }
}
