import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThanOrEqual, Not, Repository } from 'typeorm';
import { NoticeEntity } from '../notice.entity';

/** The e-mails of notices: which are due, and which are being sent. */
@Injectable()
export class MailsRepository {
  constructor(@InjectRepository(NoticeEntity) private readonly notices: Repository<NoticeEntity>) {}

  /** Claims the mail that has been due for longest, and counts the attempt. */
  async claimNext(now: Date): Promise<NoticeEntity | undefined> {
    for (;;) {
      const due = await this.notices.findOne({
        where: { ...waiting, nextAttemptAt: LessThanOrEqual(now) },
        order: { nextAttemptAt: 'ASC' },
      });
      if (!due) return undefined;
      const claim = { claimedAt: now, attempts: due.attempts + 1 };
      const { affected } = await this.notices.update({ id: due.id, ...waiting }, claim);
      if (affected === 1) return { ...due, ...claim };
    }
  }

  async nextDue(): Promise<Date | undefined> {
    const first = await this.notices.findOne({
      where: { ...waiting, nextAttemptAt: Not(IsNull()) },
      order: { nextAttemptAt: 'ASC' },
    });
    return first?.nextAttemptAt ?? undefined;
  }

  /** Stores the outcome of an attempt. @returns the notice as it is now; undefined if it was removed */
  async settle(id: string, outcome: Pick<NoticeEntity, 'mail' | 'nextAttemptAt'>): Promise<NoticeEntity | undefined> {
    await this.notices.update({ id }, { ...outcome, claimedAt: null });
    return (await this.notices.findOneBy({ id })) ?? undefined;
  }

  /** Mails that were claimed by then are due again. */
  async releaseClaims(before: Date): Promise<void> {
    await this.notices.update({ mail: 'pending', claimedAt: LessThanOrEqual(before) }, { claimedAt: null });
  }
}

const waiting = { mail: 'pending', claimedAt: IsNull() } as const;
