import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import {
  In,
  IsNull,
  LessThan,
  LessThanOrEqual,
  MoreThan,
  Not,
  Repository,
  type EntityManager,
  type FindOptionsWhere,
} from 'typeorm';
import { LIMITS } from '../../../protocol/limits';
import { AccountMailEntity, type AccountEvent } from './account-mail.entity';

const waiting = { state: 'pending', claimedAt: IsNull() } as const;
const without = (recipients: readonly string[]): FindOptionsWhere<AccountMailEntity> =>
  recipients.length > 0 ? { recipient: Not(In([...recipients])) } : {};

/** Mails about accounts: which events are to be mailed, which are due, and which were sent. */
@Injectable()
export class AccountMailsRepository {
  constructor(@InjectRepository(AccountMailEntity) private readonly mails: Repository<AccountMailEntity>) {}

  /** Deletes those from before `kept`. */
  async add(mail: AccountMailEntity, kept: Date): Promise<void> {
    await this.mails.delete({ at: LessThan(kept) });
    await this.mails.insert({ ...mail });
  }
  count(userId: string, event: AccountEvent, since: Date): Promise<number> {
    return this.mails.countBy({ userId, event, at: MoreThan(since) });
  }
  /** The newest events of a user but one kind, newest first. */
  newest(userId: string, except: AccountEvent, since: Date, most: number): Promise<AccountMailEntity[]> {
    const where = { userId, event: Not(except), at: MoreThan(since) };
    return this.mails.find({ where, order: { at: 'DESC' }, take: most });
  }

  /**
   * Claims what has been due for longest, and counts the attempt. What else is due to the same user is in the same mail; on
   * a later attempt, it is the same mail with the same content.
   * @param except recipients to whom something is being sent
   * @returns the events of one mail, oldest first
   */
  async claimNext(now: Date, except: readonly string[]): Promise<AccountMailEntity[] | undefined> {
    for (;;) {
      const due = await this.mails.findOne({
        where: { ...waiting, ...without(except), nextAttemptAt: LessThanOrEqual(now) },
        order: { nextAttemptAt: 'ASC' },
      });
      if (!due) return undefined;
      const claimed = await this.mails.manager.transaction((manager) => claim(manager, due, now));
      if (claimed.length > 0) return claimed;
    }
  }
  /** @param except as for `claimNext` */
  async nextDue(except: readonly string[]): Promise<Date | undefined> {
    const first = await this.mails.findOne({
      where: { ...waiting, ...without(except), nextAttemptAt: Not(IsNull()) },
      order: { nextAttemptAt: 'ASC' },
    });
    return first?.nextAttemptAt ?? undefined;
  }
  /** Stores the outcome of an attempt. */
  async settle(
    attempted: readonly AccountMailEntity[],
    outcome: Pick<AccountMailEntity, 'state' | 'nextAttemptAt'>,
  ): Promise<void> {
    await this.mails.update({ id: In(attempted.map(({ id }) => id)) }, { ...outcome, claimedAt: null });
  }
  /** What was claimed by then is due again. */
  async releaseClaims(before: Date): Promise<void> {
    await this.mails.update({ state: 'pending', claimedAt: LessThanOrEqual(before) }, { claimedAt: null });
  }
}

async function claim(manager: EntityManager, due: AccountMailEntity, now: Date): Promise<AccountMailEntity[]> {
  const { userId, recipient, mailId } = due;
  const first = { userId, recipient, mailId: IsNull(), nextAttemptAt: LessThanOrEqual(now) };
  const others = await manager.find(AccountMailEntity, {
    where: { ...waiting, ...(mailId === null ? first : { mailId }) },
    order: { at: 'ASC', id: 'ASC' },
    take: LIMITS.ACCOUNT_MAILS_WAITING,
  });
  const ids = In(others.map(({ id }) => id));
  await manager.increment(AccountMailEntity, { id: ids, ...waiting }, 'attempts', 1);
  const claimed = { claimedAt: now, mailId: mailId ?? randomUUID() };
  await manager.update(AccountMailEntity, { id: ids, ...waiting }, claimed);
  return manager.find(AccountMailEntity, {
    where: { state: 'pending', ...claimed },
    order: { at: 'ASC', id: 'ASC' },
  });
}
