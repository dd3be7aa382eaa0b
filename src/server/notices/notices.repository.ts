import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThan, LessThanOrEqual, QueryFailedError, Repository } from 'typeorm';
import type { NoticeQuery } from '../../protocol/notice';
import type { Page } from '../database/page';
import { NoticeEntity } from './notice.entity';

/** What people are told. Everything here asks for the recipient, so that nobody reads what is for others. */
@Injectable()
export class NoticesRepository {
  constructor(@InjectRepository(NoticeEntity) private readonly notices: Repository<NoticeEntity>) {}

  /**
   * Keeps all of them, or none where one of them has been told already.
   * @returns whether they are new
   */
  async add(notices: readonly NoticeEntity[]): Promise<boolean> {
    const keep = this.notices.manager.transaction(async (manager) => {
      // copies: PostgreSQL's defaults come back into them, bigint as text
      for (const notice of notices) await manager.insert(NoticeEntity, { ...notice });
    });
    try {
      await keep;
      return true;
    } catch (error) {
      if (!(error instanceof QueryFailedError) || !(await this.anyToldOf(notices))) throw error;
      return false;
    }
  }

  find(recipientId: string, id: string): Promise<NoticeEntity | null> {
    return this.notices.findOneBy({ recipientId, id });
  }

  async page(recipientId: string, { unread, limit, cursor }: NoticeQuery): Promise<Page<NoticeEntity>> {
    const last = cursor ? await this.find(recipientId, cursor) : null;
    if (cursor && !last) return { rows: [], next: null };
    const query = this.notices.createQueryBuilder('n').where({ recipientId });
    if (unread === 'yes') query.andWhere('n.readAt IS NULL');
    if (last) {
      query.andWhere('(n.at < :at OR (n.at = :at AND n.id < :id))', { at: last.at.getTime(), id: last.id });
    }
    const found = await query
      .orderBy('n.at', 'DESC')
      .addOrderBy('n.id', 'DESC')
      .take(limit + 1)
      .getMany();
    const rows = found.slice(0, limit);
    return { rows, next: found.length > limit ? rows.at(-1)!.id : null };
  }

  /** Unread ones of before a moment, some at a time. */
  unread(recipientId: string, until: Date, limit: number): Promise<NoticeEntity[]> {
    return this.notices.find({ where: { recipientId, readAt: IsNull(), at: LessThanOrEqual(until) }, take: limit });
  }
  /** @returns whether one of them was unread */
  async markRead(recipientId: string, ids: string[], readAt: Date): Promise<boolean> {
    const { affected } = await this.notices.update({ recipientId, id: In(ids), readAt: IsNull() }, { readAt });
    return affected !== 0;
  }

  async removeBefore(moment: Date): Promise<void> {
    await this.notices.delete({ at: LessThan(moment) });
  }

  private anyToldOf(notices: readonly NoticeEntity[]): Promise<boolean> {
    return this.notices.existsBy(
      notices.map(({ recipientId, kind, remoteSessionId }) => ({ recipientId, kind, remoteSessionId })),
    );
  }
}
