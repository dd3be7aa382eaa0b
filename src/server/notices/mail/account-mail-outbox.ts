import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import type { AccountMailEntity } from '../../auth/account-mails/account-mail.entity';
import { AccountMailsRepository } from '../../auth/account-mails/account-mails.repository';
import { AccountMailEvents } from '../../auth/account-mails/account-mails.service';
import { UsersService } from '../../auth/users/users.service';
import { CONFIG, type Config } from '../../config/config';
import { mailRetries, Outbox } from '../../outbox/outbox';
import { accountMailOf } from './account-mail-text';
import { MailFailed, MailTransport } from './mail-transport';

/** Sends the mails about accounts, to each address one at a time. What is due to a user at the same time is one mail. */
@Injectable()
export class AccountMailOutbox extends Outbox<readonly AccountMailEntity[]> implements OnModuleInit {
  constructor(
    private readonly mails: AccountMailsRepository,
    private readonly added: AccountMailEvents,
    private readonly users: UsersService,
    private readonly transport: MailTransport,
    journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super(journal, 'mails about accounts', LIMITS.MAIL_CONNECTIONS);
  }

  onModuleInit(): void {
    this.added.on('added', () => this.sendDue());
  }

  protected override isOn(): boolean {
    return this.config.mail !== undefined;
  }
  /** The command line adds some, too. */
  protected override lookMs(): number {
    return LIMITS.ACCOUNT_MAIL_LOOK_MS;
  }
  protected claimNext(now: Date, except: readonly string[]): Promise<AccountMailEntity[] | undefined> {
    return this.mails.claimNext(now, except);
  }
  protected nextDue(except: readonly string[]): Promise<Date | undefined> {
    return this.mails.nextDue(except);
  }
  protected releaseClaims(before: Date): Promise<void> {
    return this.mails.releaseClaims(before);
  }
  protected recipientOf([first]: readonly AccountMailEntity[]): string {
    return first!.recipient;
  }

  protected async attempt(claimed: readonly AccountMailEntity[]): Promise<void> {
    const [{ userId, recipient, at, attempts, mailId }] = claimed as [AccountMailEntity];
    const accountMailId = mailId!;
    const { username, language } = await this.users.get(userId);
    const content = accountMailOf(username, claimed, language ?? 'en', this.config.http.publicUrl);
    const messageId = `<${accountMailId}@${this.config.mail!.from.split('@').at(-1)}>`;
    try {
      await this.transport.send({ ...content, to: recipient, messageId, date: at }, this.stopping.signal);
    } catch (error) {
      if (!(error instanceof MailFailed)) throw error;
      const next = error.permanent ? undefined : this.nextAttempt(attempts, mailRetries());
      const what = next
        ? 'a mail about an account was not sent; retrying later'
        : 'a mail about an account was not sent';
      this.journal.warn(what, { accountMailId, attempts, detail: error.message });
      return this.mails.settle(claimed, { state: next ? 'pending' : 'given-up', nextAttemptAt: next ?? null });
    }
    this.journal.info('a mail about an account has been sent', { accountMailId, attempts });
    await this.mails.settle(claimed, { state: 'sent', nextAttemptAt: null });
  }
}
