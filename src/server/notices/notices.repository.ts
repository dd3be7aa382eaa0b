import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThanOrEqual, QueryFailedError, Repository, SelectQueryBuilder } from 'typeorm';
import type { NoticeQuery } from '../../protocol/notice';
import { within, type Reach } from '../customers/reach';
import { readPage, type Page } from '../database/page';
import { NoticeEntity } from './notice.entity';

/** A recipient, and what they see now. */
export interface Reader {
  readonly recipientId: string;
  readonly reach: Reach;
}

/**
 * Notices. Every query names the recipient, so that no user can read the notices of another, and what the recipient
 * reaches, so that notices of a customer are hidden from those who no longer work for it.
 */
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

  find({ recipientId, reach }: Reader, id: string): Promise<NoticeEntity | null> {
    return this.of(recipientId, reach).andWhere({ id }).getOne();
  }

  page({ recipientId, reach }: Reader, { unread, ...page }: NoticeQuery): Promise<Page<NoticeEntity>> {
    const query = this.of(recipientId, reach);
    if (unread === 'yes') query.andWhere('n.readAt IS NULL');
    return readPage(query, ['at', 'id'], 'DESC', page);
  }

  /** Some of the unread notices up to a moment. */
  unread({ recipientId, reach }: Reader, until: Date, limit: number): Promise<NoticeEntity[]> {
    const isUnread = { readAt: IsNull(), at: LessThanOrEqual(until) };
    return this.of(recipientId, reach).andWhere(isUnread).limit(limit).getMany();
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

  private of(recipientId: string, reach: Reach): SelectQueryBuilder<NoticeEntity> {
    const query = this.notices.createQueryBuilder('n').where({ recipientId });
    return within(query, reach, { site: 'n.siteId', device: 'n.deviceId', requester: null });
  }

  private anyExists(notices: readonly NoticeEntity[]): Promise<boolean> {
    return this.notices.existsBy(
      notices.flatMap(({ recipientId, kind, remoteSessionId }) =>
        remoteSessionId === null ? [] : [{ recipientId, kind, remoteSessionId }],
      ),
    );
  }
}
