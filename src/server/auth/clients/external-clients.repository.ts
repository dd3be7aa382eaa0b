import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThan, LessThanOrEqual, Repository } from 'typeorm';
import { AccessTokenEntity } from './access-token.entity';
import { ExternalClientEntity } from './external-client.entity';

/** All SQL for external clients and their access tokens. */
@Injectable()
export class ExternalClientsRepository {
  constructor(
    @InjectRepository(ExternalClientEntity) private readonly clients: Repository<ExternalClientEntity>,
    @InjectRepository(AccessTokenEntity) private readonly tokens: Repository<AccessTokenEntity>,
  ) {}

  all(): Promise<ExternalClientEntity[]> {
    return this.clients.find({ order: { name: 'ASC' } });
  }
  count(): Promise<number> {
    return this.clients.count();
  }
  find(id: string): Promise<ExternalClientEntity | null> {
    return this.clients.findOneBy({ id });
  }
  /** @returns false if the name is taken */
  async insert(client: ExternalClientEntity): Promise<boolean> {
    try {
      await this.clients.insert({ ...client });
      return true;
    } catch (error) {
      if (await this.clients.existsBy({ name: client.name })) return false;
      throw error;
    }
  }
  /** @returns false if the client does not exist or is revoked */
  async change(id: string, values: Partial<ExternalClientEntity>): Promise<boolean> {
    return (await this.clients.update({ id, revokedAt: IsNull() }, values)).affected === 1;
  }
  /** Moves the secret to `previous`. Two rotations at once leave one of both new secrets in force, never three. */
  rotate(id: string, secretHash: string, previousSecretUntil: Date | null): Promise<boolean> {
    return this.clients.manager.transaction(async (manager) => {
      const client = await manager.findOneBy(ExternalClientEntity, { id, revokedAt: IsNull() });
      if (!client) return false;
      const previousSecretHash = previousSecretUntil && client.secretHash;
      const { affected } = await manager.update(
        ExternalClientEntity,
        { id, secretHash: client.secretHash, revokedAt: IsNull() },
        { secretHash, previousSecretHash, previousSecretUntil },
      );
      if (!previousSecretUntil) await manager.delete(AccessTokenEntity, { clientId: id });
      return affected === 1;
    });
  }
  /** Revokes the client and deletes its access tokens in one transaction. @returns false if it was revoked before */
  revoke(id: string, revokedAt: Date): Promise<boolean> {
    return this.clients.manager.transaction(async (manager) => {
      const { affected } = await manager.update(ExternalClientEntity, { id, revokedAt: IsNull() }, { revokedAt });
      await manager.delete(AccessTokenEntity, { clientId: id });
      return affected === 1;
    });
  }
  expired(now: Date): Promise<ExternalClientEntity[]> {
    return this.clients.findBy({ revokedAt: IsNull(), expiresAt: LessThanOrEqual(now) });
  }
  async recordUse(id: string, lastUsedAt: Date): Promise<void> {
    await this.clients.update({ id }, { lastUsedAt });
  }

  findToken(id: string): Promise<AccessTokenEntity | null> {
    return this.tokens.findOneBy({ id });
  }
  /** Stores a token; only the newest `most` of its client remain. */
  async insertToken(token: AccessTokenEntity, most: number): Promise<void> {
    const { clientId, createdAt } = token;
    await this.tokens.delete({ expiresAt: LessThan(createdAt) });
    await this.tokens.insert({ ...token });
    const surplus = await this.tokens.find({
      where: { clientId },
      order: { createdAt: 'DESC', id: 'DESC' },
      skip: most,
      take: most,
    });
    if (surplus.length > 0) await this.tokens.delete({ id: In(surplus.map(({ id }) => id)) });
  }
}
