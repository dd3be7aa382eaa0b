import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThan, LessThanOrEqual, QueryFailedError, Repository } from 'typeorm';
import type { NoticeQuery } from '../../protocol/notice';
import { readPage, type Page } from '../database/page';
import { NoticeEntity } from './notice.entity';

/** Notices. Every query names the recipient, so that no user can read the notices of another. */
@Injectable()
export class NoticesRepository {
  constructor(@InjectRepository(NoticeEntity) private readonly notices: Repository<NoticeEntity>) {}

  /**
   * Stores all notices, or none if one of them already exists.
   * @returns whether they were stored
   */
  async add(notices: readonly NoticeEntity[]): Promise<boolean> {
    const stored = this.notices.manager.transaction(async (manager) => {
      // copies: `insert` writes PostgreSQL's defaults into them, bigint as text
      for (const notice of notices) await manager.insert(NoticeEntity, { ...notice });
    });
    try {
      await stored;
      return true;
    } catch (error) {
      if (!(error instanceof QueryFailedError) || !(await this.anyExists(notices))) throw error;
      return false;
    }
  }

  find(recipientId: string, id: string): Promise<NoticeEntity | null> {
    return this.notices.findOneBy({ recipientId, id });
  }

  page(recipientId: string, { unread, ...page }: NoticeQuery): Promise<Page<NoticeEntity>> {
    const query = this.notices.createQueryBuilder('n').where({ recipientId });
    if (unread === 'yes') query.andWhere('n.readAt IS NULL');
    return readPage(query, ['at', 'id'], 'DESC', page);
  }

  /** Some of the unread notices up to a moment. */
  unread(recipientId: string, until: Date, limit: number): Promise<NoticeEntity[]> {
    return this.notices.find({ where: { recipientId, readAt: IsNull(), at: LessThanOrEqual(until) }, take: limit });
  }
  /** @returns whether one of them was unread */
  async markRead(recipientId: string, ids: string[], readAt: Date): Promise<boolean> {
    const { affected } = await this.notices.update({ recipientId, id: In(ids), readAt: IsNull() }, { readAt });
    return affected !== 0;
  }

  /** IDs of the users who have an unread notice about this agent. */
  async withUnreadAbout(agentId: string): Promise<Set<string>> {
    const unread = await this.notices.find({ where: { agentId, readAt: IsNull() }, select: { recipientId: true } });
    return new Set(unread.map(({ recipientId }) => recipientId));
  }

  async removeBefore(moment: Date): Promise<void> {
    await this.notices.delete({ at: LessThan(moment) });
  }

  private anyExists(notices: readonly NoticeEntity[]): Promise<boolean> {
    return this.notices.existsBy(
      notices.flatMap(({ recipientId, kind, remoteSessionId }) =>
        remoteSessionId === null ? [] : [{ recipientId, kind, remoteSessionId }],
      ),
    );
  }
}
