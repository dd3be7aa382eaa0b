import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { SessionEvents } from '../../sessions/session-events';
import { presented } from '../../sessions/sessions.presenter';
import { SessionsRepository } from '../../sessions/sessions.repository';
import { LiveClients } from '../live-clients';
import { CoalescingQueue } from './coalescing-queue';

/** Publishes each changed remote session to the consoles whose users see it. */
@Injectable()
export class SessionPublisher implements OnModuleInit {
  private readonly changed: CoalescingQueue;

  constructor(
    private readonly clients: LiveClients,
    private readonly events: SessionEvents,
    private readonly sessions: SessionsRepository,
    journal: Journal,
  ) {
    this.changed = new CoalescingQueue(
      (id) => this.publish(id),
      (error) => journal.unexpected(error, 'publishing a session'),
    );
  }

  onModuleInit(): void {
    this.events.on('changed', ({ id }) => {
      if (!this.clients.none) this.changed.add(id);
    });
  }

  private async publish(id: string): Promise<void> {
    const session = await this.sessions.find(id);
    const logs = await this.sessions.logsOf([id]);
    if (session) this.clients.send({ type: 'session', session: presented({ session, logs }) }, session);
  }
}
