import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import type { UserEntity } from '../../auth/users/user.entity';
import { UsersService } from '../../auth/users/users.service';
import { CONFIG, type Config } from '../../config/config';
import { MailFailed, MailTransport } from './mail-transport';
import { mailOf } from './mail-text';
import { MailsRepository } from './mails.repository';
import { NoticeEvents } from '../notice-events';
import type { NoticeEntity } from '../notice.entity';

/** For mails that are on their way when the server stops. */
const STOP_MS = 2_000;

type MailColumns = Pick<NoticeEntity, 'mail' | 'attempts' | 'nextAttemptAt' | 'claimedAt' | 'messageId'>;
const NO_MAIL: MailColumns = { mail: 'none', attempts: 0, nextAttemptAt: null, claimedAt: null, messageId: null };

/**
 * Sends the e-mails of notices, some at a time, in the order in which they are due. What is due is in the database, so a
 * restart loses none. A mail is claimed before it is sent, and the claim ends with what came of it.
 */
@Injectable()
export class MailOutbox implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  /** Milliseconds to the second attempt. */
  retryFirstMs: number = LIMITS.MAIL_RETRY_FIRST_MS;
  private readonly underWay = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  private lookAgain = false;
  private stopped = false;

  constructor(
    private readonly mails: MailsRepository,
    private readonly users: UsersService,
    private readonly transport: MailTransport,
    private readonly events: NoticeEvents,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** What a new notice starts with. */
  entryFor({ active, email }: UserEntity, noticeId: string, at: Date): MailColumns {
    const { mail } = this.config;
    if (!mail || !active || email === null) return NO_MAIL;
    const messageId = `<${noticeId}@${mail.from.split('@').at(-1)}>`;
    return { ...NO_MAIL, mail: 'pending', nextAttemptAt: at, messageId };
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.mail) return;
    // this process alone works on the database, so nobody is sending what is claimed
    await this.mails.releaseClaims();
    this.wake();
  }

  /** Looks for mails that are due, now and whenever the next one is. */
  wake(): void {
    if (this.stopped || !this.config.mail) return;
    if (this.looking) {
      this.lookAgain = true;
      return;
    }
    this.looking = true;
    this.lookAgain = false;
    this.look()
      .catch((error: unknown) => {
        this.journal.unexpected(error, 'looking for mails that are due');
        this.wakeIn(LIMITS.MAIL_RETRY_FIRST_MS);
      })
      .finally(() => {
        this.looking = false;
        if (this.lookAgain) this.wake();
      });
  }

  private async look(): Promise<void> {
    while (this.underWay.size < LIMITS.MAIL_CONNECTIONS) {
      const notice = this.stopped ? undefined : await this.mails.claimNext(new Date());
      if (!notice) break;
      this.start(notice);
    }
    // with no room left it is the end of an attempt that wakes
    if (this.underWay.size >= LIMITS.MAIL_CONNECTIONS) return;
    const next = await this.mails.nextDue();
    if (next) this.wakeIn(next.getTime() - Date.now());
  }

  private wakeIn(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => this.wake(), Math.max(ms, 0));
  }

  private start(notice: NoticeEntity): void {
    const attempt = this.attempt(notice)
      // the claim stays: what was sent and could not be noted is not sent again before the next start
      .catch((error: unknown) => void this.journal.unexpected(error, 'sending a mail'))
      .finally(() => {
        this.underWay.delete(attempt);
        this.wake();
      });
    this.underWay.add(attempt);
  }

  private async attempt(notice: NoticeEntity): Promise<void> {
    const recipient = await this.users.get(notice.recipientId);
    if (!recipient.active || recipient.email === null) return this.settle(notice, 'none');
    const { email, language } = recipient;
    try {
      const words = mailOf(notice, language ?? 'en', this.config.http.publicUrl);
      await this.transport.send(
        { ...words, to: email, messageId: notice.messageId!, date: notice.at },
        this.stopping.signal,
      );
    } catch (error) {
      if (!(error instanceof MailFailed)) throw error;
      return this.failed(notice, error);
    }
    this.journal.info('a notice has been mailed', { noticeId: notice.id, attempts: notice.attempts });
    await this.settle(notice, 'sent');
  }

  private async failed(notice: NoticeEntity, { permanent, message: reason }: MailFailed): Promise<void> {
    const { id: noticeId, attempts } = notice;
    const last = permanent || attempts >= LIMITS.MAIL_ATTEMPTS;
    this.journal.warn(last ? 'a notice is not mailed' : 'a notice is mailed later', { noticeId, attempts, reason });
    if (last) return this.settle(notice, 'given-up');
    return this.settle(notice, 'pending', new Date(Date.now() + this.waitAfter(attempts)));
  }

  /** Doubles, of which half is left to chance. */
  private waitAfter(attempts: number): number {
    const ceiling = Math.min(LIMITS.MAIL_RETRY_MAX_MS, this.retryFirstMs * 2 ** (attempts - 1));
    return (ceiling / 2) * (1 + Math.random());
  }

  private async settle(
    { id }: NoticeEntity,
    mail: NoticeEntity['mail'],
    nextAttemptAt: Date | null = null,
  ): Promise<void> {
    const settled = await this.mails.settle(id, { mail, nextAttemptAt });
    if (settled) this.events.publish(settled);
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** While the database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    const cut = setTimeout(() => this.stopping.abort(), STOP_MS);
    await Promise.all(this.underWay).finally(() => clearTimeout(cut));
  }
}
