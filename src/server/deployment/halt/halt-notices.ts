import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { Backoff } from '../../../tunnel/backoff';
import { NoticesService } from '../../notices/notices.service';
import { SessionEvents } from '../../sessions/session-events';
import type { SessionEntity } from '../../sessions/session.entity';
import { SessionTimeline } from '../../sessions/session-timeline';
import { SessionsRepository } from '../../sessions/sessions.repository';
import { DeploymentsRepository } from '../deployments.repository';

/** How many sessions are kept in memory whose users have been notified. */
const REMEMBERED = 10_000;

/**
 * S315: notifies the user of a session once the device's half has ended because of a deployment. A repeated notice is
 * ignored, so each one that is not known to be stored is sent again after a restart.
 */
@Injectable()
export class HaltNotices implements OnModuleInit, OnModuleDestroy {
  private readonly notified = new Set<string>();
  private readonly backoff = new Backoff();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly events: SessionEvents,
    private readonly sessions: SessionsRepository,
    private readonly timeline: SessionTimeline,
    private readonly notices: NoticesService,
    private readonly repository: DeploymentsRepository,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.events.on('changed', (session) => {
      if (isHalted(session) && !this.notified.has(session.id)) void this.notifyOrRetry(session);
    });
  }
  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  /** For sessions whose halves ended while the server was stopped, or whose users could not be notified. */
  async catchUp(): Promise<void> {
    for (const { remoteSessionId } of await this.repository.withoutNotice()) {
      const session = await this.sessions.find(remoteSessionId);
      if (session && isHalted(session) && !this.notified.has(session.id)) await this.notifyOrRetry(session);
    }
  }

  private async notifyOrRetry(session: SessionEntity): Promise<void> {
    try {
      await this.notify(session);
      this.backoff.reset();
    } catch (error) {
      this.notified.delete(session.id);
      this.journal.unexpected(error, `notifying of the halt of session ${session.id}`);
      this.retryLater();
    }
  }

  private retryLater(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.catchUp().catch(() => this.retryLater()), this.backoff.next());
  }

  private async notify(session: SessionEntity): Promise<void> {
    const { id, userId, displayName, deviceId, deviceName, applicationId, siteId } = session;
    this.remember(id);
    this.timeline.step('S315', id);
    const about = { remoteSessionId: id, deviceId, deviceName, applicationId, siteId };
    // a client reads no notices: it polls its session
    if (session.askerKind === 'user') await this.notices.notifyOfHalt({ ...about, userId, userName: displayName });
    await this.repository.markNotified(id, new Date());
  }

  private remember(id: string): void {
    this.notified.add(id);
    for (const oldest of this.notified) {
      if (this.notified.size <= REMEMBERED) return;
      this.notified.delete(oldest);
    }
  }
}

/** Includes one that was approved and never had a device's half. */
const isHalted = ({ ending, deviceHalf, state }: SessionEntity): boolean =>
  ending === 'halted-by-deployment' && (deviceHalf === 'ended' || state === 'ended');
