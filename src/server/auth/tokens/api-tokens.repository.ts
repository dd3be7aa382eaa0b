import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThan, MoreThan, Repository } from 'typeorm';
import { secretHash } from '../../../tunnel/sha256';
import { CookieSessionEntity } from '../login/cookie-session.entity';
import { UserEntity } from '../users/user.entity';
import { ApiTokenEntity } from './api-token.entity';

@Injectable()
export class ApiTokensRepository {
  constructor(@InjectRepository(ApiTokenEntity) private readonly tokens: Repository<ApiTokenEntity>) {}

  find(id: string): Promise<ApiTokenEntity | null> {
    return this.tokens.findOneBy({ id });
  }
  /** A token and its user, in one statement: each request asks for both. */
  async findWithUser(id: string): Promise<{ token: ApiTokenEntity; user: UserEntity | null } | null> {
    const query = this.tokens.createQueryBuilder('t').where('t.id = :id', { id });
    query.leftJoinAndMapOne('t.user', UserEntity, 'u', 'u.id = t.userId');
    const token: (ApiTokenEntity & { user?: UserEntity | null }) | null = await query.getOne();
    return token && { token, user: token.user ?? null };
  }
  has(id: string): Promise<boolean> {
    return this.tokens.existsBy({ id });
  }
  allOf(userId: string): Promise<ApiTokenEntity[]> {
    return this.tokens.find({ where: { userId }, order: { createdAt: 'DESC', id: 'DESC' } });
  }
  /**
   * @param loginId ID of the login that it is created with, if not with another token
   * @returns false if that token has been revoked meanwhile, or that login has ended
   */
  insert(token: ApiTokenEntity, loginId: string | undefined): Promise<boolean> {
    const { parentId, userId } = token;
    return this.tokens.manager.transaction(async (manager) => {
      // locks the row, so that a concurrent revocation or change of the password finds this token
      const { affected } = parentId
        ? await manager.update(ApiTokenEntity, { id: parentId, userId }, { userId })
        : await manager.update(CookieSessionEntity, { idHash: secretHash(loginId ?? ''), userId }, { userId });
      if (affected !== 1) return false;
      await manager.insert(ApiTokenEntity, { ...token });
      return true;
    });
  }
  async recordUse(id: string, lastUsedAt: Date): Promise<void> {
    await this.tokens.update({ id }, { lastUsedAt });
  }
  /** Whether a token that is still valid at `now` has been used after `since`. */
  usedSince(userId: string, since: Date, now: Date): Promise<boolean> {
    const used = { userId, lastUsedAt: MoreThan(since) };
    return this.tokens.existsBy([
      { ...used, expiresAt: IsNull() },
      { ...used, expiresAt: MoreThan(now) },
    ]);
  }
  /** Removes a token with all that were created with it. @returns their IDs; empty if the user has no such token */
  remove(id: string, userId: string): Promise<string[]> {
    return this.tokens.manager.transaction(async (manager) => {
      const removed: string[] = [];
      const where = { userId };
      // each before its children are looked up: one that is being created holds the row of its parent
      for (let next = [id]; next.length > 0;) {
        const { affected } = await manager.delete(ApiTokenEntity, { ...where, id: In(next) });
        if (!affected) break;
        removed.push(...next);
        const children = await manager.find(ApiTokenEntity, { where: { ...where, parentId: In(next) } });
        next = children.map((child) => child.id);
      }
      return removed;
    });
  }
  async removeExpired(now: Date): Promise<void> {
    await this.tokens.delete({ expiresAt: LessThan(now) });
  }
}
