import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import { jittered } from '../../../protocol/waits';
import type { UserEntity } from '../../auth/users/user.entity';
import { UsersService } from '../../auth/users/users.service';
import { CONFIG, type Config } from '../../config/config';
import { CustomersService } from '../../customers/customers.service';
import { MailFailed, MailTransport } from './mail-transport';
import { mailOf } from './mail-text';
import { MailsRepository } from './mails.repository';
import { NoticeEvents } from '../notice-events';
import type { NoticeEntity } from '../notice.entity';

type MailColumns = Pick<NoticeEntity, 'mail' | 'attempts' | 'nextAttemptAt' | 'claimedAt' | 'messageId'>;
const NO_MAIL: MailColumns = { mail: 'none', attempts: 0, nextAttemptAt: null, claimedAt: null, messageId: null };

/**
 * Sends the e-mails of notices, some at a time, in the order in which they are due. Due mails are in the database, so a
 * restart loses none. A mail is claimed before it is sent; the claim ends with the outcome.
 */
@Injectable()
export class MailOutbox implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  /** Milliseconds to the second attempt. */
  retryFirstMs: number = LIMITS.MAIL_RETRY_FIRST_MS;
  /** Milliseconds for mails that are being sent when the server stops. */
  stopMs = 2_000;
  private readonly sending = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private claiming = false;
  private claimAgain = false;
  private stopped = false;

  constructor(
    private readonly mails: MailsRepository,
    private readonly users: UsersService,
    private readonly customers: CustomersService,
    private readonly transport: MailTransport,
    private readonly events: NoticeEvents,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The initial values of a new notice. */
  mailColumnsFor({ active, email }: UserEntity, noticeId: string, at: Date): MailColumns {
    const { mail } = this.config;
    if (!mail || !active || email === null) return NO_MAIL;
    const messageId = `<${noticeId}@${mail.from.split('@').at(-1)}>`;
    return { ...NO_MAIL, mail: 'pending', nextAttemptAt: at, messageId };
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.mail) return;
    // no other process uses the database, so no claimed mail is being sent
    await this.mails.releaseClaims();
    this.sendDue();
  }

  /** Sends the mails that are due, now and whenever the next one is due. */
  sendDue(): void {
    if (this.stopped || !this.config.mail) return;
    if (this.claiming) {
      this.claimAgain = true;
      return;
    }
    this.claiming = true;
    this.claimAgain = false;
    this.claimDue()
      .catch((error: unknown) => {
        this.journal.unexpected(error, 'claiming mails that are due');
        this.sendDueIn(LIMITS.MAIL_RETRY_FIRST_MS);
      })
      .finally(() => {
        this.claiming = false;
        if (this.claimAgain) this.sendDue();
      });
  }

  private async claimDue(): Promise<void> {
    while (this.sending.size < LIMITS.MAIL_CONNECTIONS) {
      const notice = this.stopped ? undefined : await this.mails.claimNext(new Date());
      if (!notice) break;
      this.startAttempt(notice);
    }
    // with all connections in use, the end of an attempt continues here
    if (this.sending.size >= LIMITS.MAIL_CONNECTIONS) return;
    const next = await this.mails.nextDue();
    if (next) this.sendDueIn(next.getTime() - Date.now());
  }

  private sendDueIn(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => this.sendDue(), Math.max(ms, 0));
  }

  private startAttempt(notice: NoticeEntity): void {
    const attempt = this.attempt(notice)
      // the claim stays: a mail whose outcome could not be stored is not sent again before the next start
      .catch((error: unknown) => void this.journal.unexpected(error, 'sending a mail'))
      .finally(() => {
        this.sending.delete(attempt);
        this.sendDue();
      });
    this.sending.add(attempt);
  }

  private async attempt(notice: NoticeEntity): Promise<void> {
    const { email, language } = await this.users.get(notice.recipientId);
    if (email === null || !(await this.mayRead(notice))) return this.settle(notice, 'none');
    try {
      const content = mailOf(notice, language ?? 'en', this.config.http.publicUrl);
      await this.transport.send(
        { ...content, to: email, messageId: notice.messageId!, date: notice.at },
        this.stopping.signal,
      );
    } catch (error) {
      if (!(error instanceof MailFailed)) throw error;
      return this.failed(notice, error);
    }
    this.journal.info('a notice has been mailed', { noticeId: notice.id, attempts: notice.attempts });
    await this.settle(notice, 'sent');
  }

  /** The recipient may have been deactivated, or taken away from the customer, since the notice or the last attempt. */
  private async mayRead({ recipientId, siteId, deviceId }: NoticeEntity): Promise<boolean> {
    const actor = await this.users.actor(recipientId);
    return actor !== undefined && this.customers.sees(actor, { siteId, deviceId });
  }

  private async failed(notice: NoticeEntity, { permanent, message: reason }: MailFailed): Promise<void> {
    const { id: noticeId, attempts } = notice;
    const last = permanent || attempts >= LIMITS.MAIL_ATTEMPTS;
    this.journal.warn(last ? 'a notice could not be mailed' : 'a notice could not be mailed; retrying later', {
      noticeId,
      attempts,
      reason,
    });
    if (last) return this.settle(notice, 'given-up');
    return this.settle(notice, 'pending', new Date(Date.now() + this.waitAfter(attempts)));
  }

  /** Exponential back-off with jitter. */
  private waitAfter(attempts: number): number {
    const ceiling = Math.min(LIMITS.MAIL_RETRY_MAX_MS, this.retryFirstMs * 2 ** (attempts - 1));
    return jittered(ceiling, { least: 0.5, most: 1 });
  }

  private async settle(
    { id }: NoticeEntity,
    mail: NoticeEntity['mail'],
    nextAttemptAt: Date | null = null,
  ): Promise<void> {
    const settled = await this.mails.settle(id, { mail, nextAttemptAt });
    if (settled) this.events.publish('changed', settled);
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** While the database is still open. */
  async beforeApplicationShutdown(): Promise<void> {
    const abort = setTimeout(() => this.stopping.abort(), this.stopMs);
    await Promise.all(this.sending).finally(() => clearTimeout(abort));
  }
}
