import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { SessionDeadlines } from './session-deadlines';
import { SessionHalves } from './session-halves';
import { SessionLifecycle } from './session.lifecycle';
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
    this.deadlines.start(() => {
      this.endWaits().catch((error: unknown) => this.journal.unforeseen(error, 'ending the waits of sessions'));
    });
    this.deadlines.arm(await this.repository.nextDeadline());
  }

  /** What was being carried out when the server stopped, and would otherwise wait for its deadline. */
  private async takeUp(): Promise<void> {
    for (const session of await this.repository.inStates(['approved'])) {
      await this.lifecycle.apply(session.id, 'relay-unavailable', { detail: 'the server was restarted' });
    }
  }

  private async endWaits(): Promise<void> {
    for (const session of await this.repository.due(new Date())) {
      const input = SESSION_MACHINE[session.state].timeout?.input;
      if (!input) continue;
      this.journal.info('the wait of a session is over', { remoteSessionId: session.id, state: session.state });
      if (input === 'close-books') await this.halves.closeBooks(session, 'close-books', 'no end log came in time');
      else await this.lifecycle.apply(session.id, input);
    }
    this.deadlines.arm(await this.repository.nextDeadline());
  }
}
