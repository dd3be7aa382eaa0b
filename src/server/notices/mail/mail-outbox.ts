import { Inject, Injectable } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import type { UserEntity } from '../../auth/users/user.entity';
import { UsersService } from '../../auth/users/users.service';
import { CONFIG, type Config } from '../../config/config';
import { CustomersService } from '../../customers/customers.service';
import { mailRetries, Outbox } from '../../outbox/outbox';
import { MailFailed, MailTransport } from './mail-transport';
import { mailOf } from './mail-text';
import { MailsRepository } from './mails.repository';
import { NoticeEvents } from '../notice-events';
import type { NoticeEntity } from '../notice.entity';

type MailColumns = Pick<NoticeEntity, 'mail' | 'attempts' | 'nextAttemptAt' | 'claimedAt' | 'messageId'>;
const NO_MAIL: MailColumns = { mail: 'none', attempts: 0, nextAttemptAt: null, claimedAt: null, messageId: null };

/** Sends the e-mails of notices. */
@Injectable()
export class MailOutbox extends Outbox<NoticeEntity> {
  constructor(
    private readonly mails: MailsRepository,
    private readonly users: UsersService,
    private readonly customers: CustomersService,
    private readonly transport: MailTransport,
    private readonly events: NoticeEvents,
    journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super(journal, 'mails of notices', LIMITS.MAIL_CONNECTIONS);
  }

  /** The initial values of a new notice. */
  mailColumnsFor({ active, email }: UserEntity, noticeId: string, at: Date): MailColumns {
    const { mail } = this.config;
    if (!mail || !active || email === null) return NO_MAIL;
    const messageId = `<${noticeId}@${mail.from.split('@').at(-1)}>`;
    return { ...NO_MAIL, mail: 'pending', nextAttemptAt: at, messageId };
  }

  protected override isOn(): boolean {
    return this.config.mail !== undefined;
  }
  protected claimNext(now: Date): Promise<NoticeEntity | undefined> {
    return this.mails.claimNext(now);
  }
  protected nextDue(): Promise<Date | undefined> {
    return this.mails.nextDue();
  }
  protected releaseClaims(before: Date): Promise<void> {
    return this.mails.releaseClaims(before);
  }
  /** Several notices may be mailed to one user at the same time. */
  protected recipientOf({ id }: NoticeEntity): string {
    return id;
  }

  protected async attempt(notice: NoticeEntity): Promise<void> {
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

  private async failed(notice: NoticeEntity, { permanent, message: detail }: MailFailed): Promise<void> {
    const { id: noticeId, attempts } = notice;
    const next = permanent ? undefined : this.nextAttempt(attempts, mailRetries());
    this.journal.warn(next ? 'a notice could not be mailed; retrying later' : 'a notice could not be mailed', {
      noticeId,
      attempts,
      detail,
    });
    await this.settle(notice, next ? 'pending' : 'given-up', next ?? null);
  }

  private async settle(
    { id }: NoticeEntity,
    mail: NoticeEntity['mail'],
    nextAttemptAt: Date | null = null,
  ): Promise<void> {
    const settled = await this.mails.settle(id, { mail, nextAttemptAt });
    if (settled) this.events.publish('changed', settled);
  }
}
