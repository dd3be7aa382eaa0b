import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, Not, Repository } from 'typeorm';
import { RecoveryCodeEntity } from './recovery-code.entity';
import { SecondFactorEntity } from './second-factor.entity';

const CONFIRMED = { confirmedAt: Not(IsNull()) };

@Injectable()
export class FactorsRepository {
  constructor(
    @InjectRepository(SecondFactorEntity) private readonly factors: Repository<SecondFactorEntity>,
    @InjectRepository(RecoveryCodeEntity) private readonly codes: Repository<RecoveryCodeEntity>,
  ) {}

  /** Oldest first. */
  async confirmed(userId: string): Promise<SecondFactorEntity[]> {
    const factors = await this.factors.findBy({ userId, ...CONFIRMED });
    return factors.sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
  }

  /** Replaces one of the same kind that the user has not confirmed. */
  async begin(factor: SecondFactorEntity): Promise<void> {
    const { userId, kind } = factor;
    await this.factors.manager.transaction(async (manager) => {
      await manager.delete(SecondFactorEntity, { userId, kind, confirmedAt: IsNull() });
      await manager.insert(SecondFactorEntity, { ...factor });
    });
  }
  begun(userId: string, id: string): Promise<SecondFactorEntity | null> {
    return this.factors.findOneBy({ id, userId, confirmedAt: IsNull() });
  }
  /** @returns false if it was confirmed or replaced meanwhile */
  async confirm(id: string, counter: number, confirmedAt: Date): Promise<boolean> {
    const { affected } = await this.factors.update({ id, confirmedAt: IsNull() }, { counter, confirmedAt });
    return affected === 1;
  }

  /** @returns false if this or a later counter has been used, so that only one of two requests with the same code succeeds */
  async use(id: string, counter: number, lastUsedAt: Date): Promise<boolean> {
    const { affected } = await this.factors.update({ id, counter: LessThan(counter) }, { counter, lastUsedAt });
    return affected === 1;
  }

  findPasskey(credentialId: string): Promise<SecondFactorEntity | null> {
    return this.factors.findOneBy({ credentialId, ...CONFIRMED });
  }
  /** @returns false if the passkey is there already */
  async addPasskey(factor: SecondFactorEntity): Promise<boolean> {
    try {
      await this.factors.insert({ ...factor });
      return true;
    } catch (error) {
      if (await this.factors.existsBy({ credentialId: factor.credentialId ?? '' })) return false;
      throw error;
    }
  }
  /** For an authenticator that does not count. */
  async recordUse(id: string, lastUsedAt: Date): Promise<void> {
    await this.factors.update({ id }, { lastUsedAt });
  }

  async remove(userId: string, id: string): Promise<boolean> {
    const { affected } = await this.factors.delete({ id, userId, ...CONFIRMED });
    return affected === 1;
  }
  /** With the recovery codes. @returns how many factors there were */
  removeAll(userId: string): Promise<number> {
    return this.factors.manager.transaction(async (manager) => {
      await manager.delete(RecoveryCodeEntity, { userId });
      const { affected } = await manager.delete(SecondFactorEntity, { userId });
      return affected ?? 0;
    });
  }

  codesLeft(userId: string): Promise<number> {
    return this.codes.countBy({ userId });
  }
  async replaceCodes(userId: string, codeHashes: readonly string[]): Promise<void> {
    await this.codes.manager.transaction(async (manager) => {
      await manager.delete(RecoveryCodeEntity, { userId });
      const rows = codeHashes.map((codeHash) => ({ codeHash, userId }));
      await manager.insert(RecoveryCodeEntity, rows);
    });
  }
  /** @returns false if the user has no such code: it is wrong, or used */
  async useCode(userId: string, codeHash: string): Promise<boolean> {
    const { affected } = await this.codes.delete({ userId, codeHash });
    return affected === 1;
  }
}
