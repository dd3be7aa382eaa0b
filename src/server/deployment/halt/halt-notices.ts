import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { Backoff } from '../../../tunnel/backoff';
import { NoticesService } from '../../notices/notices.service';
import { SessionEvents } from '../../sessions/session-events';
import type { SessionEntity } from '../../sessions/session.entity';
import { SessionTimeline } from '../../sessions/session-timeline';
import { SessionsRepository } from '../../sessions/sessions.repository';
import { DeploymentsRepository } from '../deployments.repository';

/** Sessions of which it is remembered that their users have been told. */
const REMEMBERED = 10_000;

/**
 * S315: once a device's half has ended for a deployment, the session's user is told. Telling again is harmless, so it is
 * done again after a start wherever it is not known to have been done.
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

  /** Of sessions whose halves ended while the server was down, or whose users could not be told. */
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
      this.journal.unexpected(error, `telling of the halt of session ${session.id}`);
      this.retryLater();
    }
  }

  private retryLater(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.catchUp().catch(() => this.retryLater()), this.backoff.next());
  }

  private async notify(session: SessionEntity): Promise<void> {
    const { id, userId, displayName, deviceId, deviceName, applicationId } = session;
    this.remember(id);
    this.timeline.step('S315', id);
    const about = { remoteSessionId: id, deviceId, deviceName, applicationId };
    await this.notices.notifyOfHalt({ ...about, userId, userName: displayName });
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

/** Also one that was approved, and never had a device's half. */
const isHalted = ({ ending, deviceHalf, state }: SessionEntity): boolean =>
  ending === 'halted-by-deployment' && (deviceHalf === 'ended' || state === 'ended');
