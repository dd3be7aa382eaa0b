import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { And, In, IsNull, LessThan, LessThanOrEqual, MoreThan, Repository } from 'typeorm';
import { AccessTokenEntity } from './access-token.entity';
import { ExternalClientEntity } from './external-client.entity';

/** Which secret a client has presented. */
export interface SecretProof {
  readonly which: 'secretHash' | 'previousSecretHash';
  readonly hash: string;
  /** When this secret ends; null: not foreseeable. */
  readonly until: Date | null;
}

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
  /** Without those that are revoked. */
  count(): Promise<number> {
    return this.clients.countBy({ revokedAt: IsNull() });
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
  /** A client that is deactivated loses its access tokens. @returns false if the client does not exist or is revoked */
  change(id: string, values: Partial<ExternalClientEntity>): Promise<boolean> {
    return this.clients.manager.transaction(async (manager) => {
      const { affected } = await manager.update(ExternalClientEntity, { id, revokedAt: IsNull() }, values);
      if (affected === 1 && values.active === false) await manager.delete(AccessTokenEntity, { clientId: id });
      return affected === 1;
    });
  }
  /**
   * Moves the secret to `previous`, and ends the access tokens with it. Two rotations at once leave one of both new
   * secrets in force, never three.
   * @param previousSecretUntil null: at once
   * @returns false if the client does not exist or is revoked, or was rotated concurrently
   */
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
      if (previousSecretUntil) {
        const longer = { clientId: id, expiresAt: MoreThan(previousSecretUntil) };
        await manager.update(AccessTokenEntity, longer, { expiresAt: previousSecretUntil });
      } else await manager.delete(AccessTokenEntity, { clientId: id });
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
  /** Those that expired after one time and not after the other. */
  expired(after: Date, until: Date): Promise<ExternalClientEntity[]> {
    const expiresAt = And(MoreThan(after), LessThanOrEqual(until));
    return this.clients.findBy({ revokedAt: IsNull(), expiresAt });
  }
  async recordUse(id: string, lastUsedAt: Date): Promise<void> {
    await this.clients.update({ id }, { lastUsedAt });
  }

  hasToken(id: string): Promise<boolean> {
    return this.tokens.existsBy({ id });
  }
  findToken(id: string): Promise<AccessTokenEntity | null> {
    return this.tokens.findOneBy({ id });
  }
  /**
   * Stores a token; only the newest `most` of its client remain.
   * @returns false if the client is deactivated or revoked, or no longer has the secret that it presented
   */
  async insertToken(token: AccessTokenEntity, { which, hash }: SecretProof, most: number): Promise<boolean> {
    const { clientId, createdAt } = token;
    await this.tokens.delete({ expiresAt: LessThan(createdAt) });
    return this.tokens.manager.transaction(async (manager) => {
      // locks the row, so that a concurrent rotation, deactivation or revocation finds this token
      const client = { id: clientId, [which]: hash, active: true, revokedAt: IsNull() };
      const { affected } = await manager.update(ExternalClientEntity, client, { lastUsedAt: createdAt });
      if (affected !== 1) return false;
      await manager.insert(AccessTokenEntity, { ...token });
      const surplus = await manager.find(AccessTokenEntity, {
        where: { clientId },
        order: { createdAt: 'DESC', id: 'DESC' },
        skip: most,
        take: most,
      });
      if (surplus.length > 0) await manager.delete(AccessTokenEntity, { id: In(surplus.map(({ id }) => id)) });
      return true;
    });
  }
}
