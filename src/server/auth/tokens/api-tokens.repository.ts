import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, MoreThan, Repository } from 'typeorm';
import { ApiTokenEntity } from './api-token.entity';

@Injectable()
export class ApiTokensRepository {
  constructor(@InjectRepository(ApiTokenEntity) private readonly tokens: Repository<ApiTokenEntity>) {}

  find(id: string): Promise<ApiTokenEntity | null> {
    return this.tokens.findOneBy({ id });
  }
  has(id: string): Promise<boolean> {
    return this.tokens.existsBy({ id });
  }
  allOf(userId: string): Promise<ApiTokenEntity[]> {
    return this.tokens.find({ where: { userId }, order: { createdAt: 'DESC', id: 'DESC' } });
  }
  async insert(token: ApiTokenEntity): Promise<void> {
    await this.tokens.insert(token);
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
  async remove(id: string, userId: string): Promise<boolean> {
    return (await this.tokens.delete({ id, userId })).affected === 1;
  }
  async removeExpired(now: Date): Promise<void> {
    await this.tokens.delete({ expiresAt: LessThan(now) });
  }
}
