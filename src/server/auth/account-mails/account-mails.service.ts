import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import { CONFIG, type Config } from '../../config/config';
import { TypedEvents } from '../../events/typed-events';
import { UsersRepository } from '../users/users.repository';
import type { AccountEvent, AccountEventFacts, AccountMailEntity } from './account-mail.entity';
import { AccountMailsRepository } from './account-mails.repository';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** Others can cause these as often as they like. */
const ONCE_A_DAY: ReadonlySet<AccountEvent> = new Set(['passwords-refused', 'codes-refused']);

/** `added`: an event is to be mailed. */
@Injectable()
export class AccountMailEvents extends TypedEvents<{ added: undefined }> {}

/**
 * Tells users by mail what happens to their account. After ACCOUNT_MAILS_PER_HOUR, what follows is collected into one mail.
 * The outbox that sends them is in `notices`, which knows the mail server; events of the command line wait for it, too.
 */
@Injectable()
export class AccountMails {
  private adding: Promise<void> = Promise.resolve();

  constructor(
    private readonly repository: AccountMailsRepository,
    private readonly users: UsersRepository,
    private readonly events: AccountMailEvents,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Does nothing without a mail server, and for a user without an address. What happens succeeds also if this fails.
   * @param formerAddress that the user had before; undefined: to the present one
   */
  async tell(
    userId: string,
    event: AccountEvent,
    facts: AccountEventFacts = {},
    formerAddress?: string | null,
  ): Promise<void> {
    if (!this.config.mail) return;
    // one after the other: each counts those before it
    const added = this.adding.then(() => this.add(userId, event, facts, formerAddress));
    this.adding = added.catch(
      (error: unknown) => void this.journal.unexpected(error, 'storing a mail about an account'),
    );
    await this.adding;
  }

  private async add(
    userId: string,
    event: AccountEvent,
    facts: AccountEventFacts,
    formerAddress: string | null | undefined,
  ): Promise<void> {
    const recipient = formerAddress ?? (await this.users.find(userId))?.email;
    if (!recipient) return;
    const at = new Date();
    const nextAttemptAt = await this.dueAt(userId, event, at);
    if (!nextAttemptAt) return this.journal.info('an event of an account is not mailed: there were too many');
    const mail: AccountMailEntity = {
      ...{ id: randomUUID(), userId, recipient, event, facts, at, nextAttemptAt },
      ...{ state: 'pending', attempts: 0, claimedAt: null, mailId: null },
    };
    await this.repository.add(mail, new Date(at.getTime() - LIMITS.ACCOUNT_MAILS_KEPT_MS));
    this.events.publish('added', undefined);
  }

  /** When an event is to be mailed; undefined: not at all. */
  private async dueAt(userId: string, event: AccountEvent, now: Date): Promise<Date | undefined> {
    const yesterday = new Date(now.getTime() - DAY_MS);
    if (ONCE_A_DAY.has(event)) return (await this.repository.count(userId, event, yesterday)) === 0 ? now : undefined;
    // never behind others, which could hide it; limited, because a user can enter addresses of others
    if (event === 'address-changed') {
      const mailed = await this.repository.count(userId, event, yesterday);
      return mailed < LIMITS.ACCOUNT_ADDRESS_MAILS_PER_DAY ? now : undefined;
    }
    const hourAgo = new Date(now.getTime() - HOUR_MS);
    const most = LIMITS.ACCOUNT_MAILS_WAITING;
    const recent = await this.repository.newest(userId, 'address-changed', hourAgo, most);
    if (recent.length >= most) return undefined;
    const collecting = recent.find(
      ({ nextAttemptAt, attempts }) => attempts === 0 && nextAttemptAt && nextAttemptAt > now,
    );
    if (collecting) return collecting.nextAttemptAt!;
    const oldest = recent[LIMITS.ACCOUNT_MAILS_PER_HOUR - 1];
    return oldest ? new Date(oldest.at.getTime() + HOUR_MS) : now;
  }
}
