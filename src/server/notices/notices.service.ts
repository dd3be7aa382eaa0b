import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import type { NoticeKind, NoticeQuery } from '../../protocol/notice';
import type { Actor } from '../auth/actor';
import { Logins } from '../auth/login/logins';
import type { UserEntity } from '../auth/users/user.entity';
import { UsersService } from '../auth/users/users.service';
import { CustomersService } from '../customers/customers.service';
import { CONFIG, type Config } from '../config/config';
import type { Page } from '../database/page';
import { MailOutbox } from './mail/mail-outbox';
import { NoticeEvents } from './notice-events';
import type { NoticeEntity } from './notice.entity';
import { UnknownNotice } from './notices.errors';
import { NoticesRepository, type Reader } from './notices.repository';

/** The facts about a halted session that its notices show. */
export interface HaltedSession {
  readonly remoteSessionId: string;
  /** The user of the session; `userName` is the display name. */
  readonly userId: string;
  readonly userName: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly applicationId: string;
  readonly siteId: string | null;
}

type NoticeFacts = Pick<
  NoticeEntity,
  'remoteSessionId' | 'agentId' | 'deviceId' | 'deviceName' | 'applicationId' | 'siteId' | 'userName'
>;

const NAME_CHARACTERS = 100;

/** Notices to users (E18). */
@Injectable()
export class NoticesService {
  /** By agent: two refusals at the same time make one notice. */
  private readonly notifying = new Map<string, Promise<boolean>>();

  constructor(
    private readonly repository: NoticesRepository,
    private readonly customers: CustomersService,
    private readonly users: UsersService,
    private readonly logins: Logins,
    private readonly events: NoticeEvents,
    private readonly outbox: MailOutbox,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Notifies the user of a halted session and, if configured, that user's administrator. Repeated and concurrent calls for
   * a session create one notice each. Does not wait for the e-mails.
   * @throws an error of the database; then no notice was created
   */
  async notifyOfHalt(halted: HaltedSession): Promise<void> {
    const now = new Date();
    const user = await this.users.get(halted.userId);
    const administrator = await this.administratorToNotify(user, now);
    const facts = { ...halted, agentId: null };
    const notices = [this.notice('session-halted', user, facts, now)];
    if (administrator) notices.push(this.notice('session-of-user-halted', administrator, facts, now));
    if (!(await this.repository.add(notices))) return;
    for (const notice of notices) this.events.publish('changed', notice);
    this.outbox.sendDue();
  }

  /**
   * Notifies the administrators that a second installation of an agent was refused.
   * @returns false if all of them have an unread notice about this agent already
   */
  async notifyOfRefusedAgent(agentId: string): Promise<boolean> {
    const underWay = this.notifying.get(agentId);
    if (underWay) return underWay.then(() => false);
    const notifying = this.notifyOfRefusedAgentOnce(agentId).finally(() => this.notifying.delete(agentId));
    this.notifying.set(agentId, notifying);
    return notifying;
  }

  private async notifyOfRefusedAgentOnce(agentId: string): Promise<boolean> {
    const now = new Date();
    const notified = await this.repository.withUnreadAbout(agentId);
    const recipients = (await this.users.administrators()).filter(({ id }) => !notified.has(id));
    if (recipients.length === 0) return false;
    const none = { remoteSessionId: null, siteId: null, deviceId: '', deviceName: '', applicationId: '', userName: '' };
    const facts = { ...none, agentId };
    const notices = recipients.map((user) => this.notice('agent-refused', user, facts, now));
    await this.repository.add(notices);
    for (const notice of notices) this.events.publish('changed', notice);
    this.outbox.sendDue();
    return true;
  }

  async page(actor: Actor, query: NoticeQuery): Promise<Page<NoticeEntity>> {
    return this.repository.page(await this.reader(actor), query);
  }

  /** @throws UnknownNotice, also for another user's notice */
  async read(actor: Actor, id: string): Promise<NoticeEntity> {
    const notice = await this.repository.find(await this.reader(actor), id);
    if (!notice) throw new UnknownNotice();
    const readAt = new Date();
    if (notice.readAt || !(await this.repository.markRead(actor.userId, [id], readAt))) return notice;
    const read = { ...notice, readAt };
    this.events.publish('changed', read);
    return read;
  }

  /** Marks all notices as read that exist at this moment. */
  async readAll(actor: Actor): Promise<void> {
    const until = new Date();
    const reader = await this.reader(actor);
    for (;;) {
      const unread = await this.repository.unread(reader, until, LIMITS.PAGE_ROWS);
      if (unread.length === 0) return;
      await this.repository.markRead(
        actor.userId,
        unread.map(({ id }) => id),
        until,
      );
      for (const notice of unread) this.events.publish('changed', { ...notice, readAt: until });
    }
  }

  private async reader(actor: Actor): Promise<Reader> {
    return { recipientId: actor.userId, reach: await this.customers.reachOf(actor) };
  }

  private async administratorToNotify(user: UserEntity, now: Date): Promise<UserEntity | undefined> {
    const when = this.config.notices.administrator;
    if (when === 'never' || user.administratorId === null) return undefined;
    if (when === 'when-logged-out' && (await this.logins.isLoggedIn(user.id, now))) return undefined;
    return this.users.get(user.administratorId);
  }

  private notice(kind: NoticeKind, recipient: UserEntity, facts: NoticeFacts, at: Date): NoticeEntity {
    const id = randomUUID();
    return {
      id,
      recipientId: recipient.id,
      kind,
      remoteSessionId: facts.remoteSessionId,
      agentId: facts.agentId,
      at,
      deviceId: facts.deviceId,
      deviceName: facts.deviceName.slice(0, NAME_CHARACTERS),
      applicationId: facts.applicationId,
      siteId: facts.siteId,
      userName: facts.userName.slice(0, NAME_CHARACTERS),
      readAt: null,
      ...this.outbox.mailColumnsFor(recipient, id, at),
    };
  }
}
