import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { LoginStep } from '../../../protocol/account';
import type { Role } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { CONFIG, type Config } from '../../config/config';
import { AccountMails } from '../account-mails/account-mails.service';
import type { Actor } from '../actor';
import { AuditService } from '../audit/audit.service';
import { LastFactor, PasskeyRefused, TooManyFactors, UnknownFactor, WrongFactorCode } from '../auth.errors';
import { UsersService } from '../users/users.service';
import type { NewPasskey } from './passkeys';
import { FactorsRepository } from './factors.repository';
import { newRecoveryCode, recoveryCodeHash } from './recovery-codes';
import type { SecondFactorEntity } from './second-factor.entity';
import { isTotpCode, newTotpSecret, stepOfCode, totpUri } from './totp';

/** How a second factor was proved. */
export type ProvedFactor = SecondFactorEntity['kind'] | 'recovery-code' | 'provider';

/** Second factors and recovery codes of users. */
@Injectable()
export class FactorsService {
  constructor(
    private readonly repository: FactorsRepository,
    private readonly users: UsersService,
    private readonly audit: AuditService,
    private readonly mails: AccountMails,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  requires(role: Role): boolean {
    return this.config.login.secondFactorRoles.includes(role);
  }

  /** What a login lacks after the password; undefined: nothing. */
  async missingStep(userId: string, role: Role): Promise<LoginStep | undefined> {
    if ((await this.repository.confirmed(userId)).length > 0) return 'second-factor';
    return this.requires(role) ? 'set-up' : undefined;
  }

  /** Oldest first. */
  list(userId: string): Promise<SecondFactorEntity[]> {
    return this.repository.confirmed(userId);
  }
  recoveryCodesLeft(userId: string): Promise<number> {
    return this.repository.codesLeft(userId);
  }

  /**
   * A secret for an authenticator app. It proves nothing until a code of it has been entered.
   * @throws TooManyFactors
   */
  async beginTotp({ userId, username }: Actor, name: string): Promise<{ id: string; secret: string; uri: string }> {
    if ((await this.repository.confirmed(userId)).length >= LIMITS.FACTORS_PER_USER) throw new TooManyFactors();
    const secret = newTotpSecret();
    const made = { credentialId: null, counter: 0, createdAt: new Date(), confirmedAt: null, lastUsedAt: null };
    const id = randomUUID();
    await this.repository.begin({ id, userId, kind: 'totp', name, secret, ...made });
    const { publicUrl, host } = this.config.http;
    return { id, secret, uri: totpUri(secret, username, publicUrl ? new URL(publicUrl).hostname : host) };
  }

  /** @returns recovery codes, with the first factor @throws UnknownFactor, WrongFactorCode */
  async confirmTotp(actor: Actor, id: string, code: string): Promise<string[] | null> {
    const factor = await this.repository.begun(actor.userId, id);
    if (!factor) throw new UnknownFactor();
    const now = new Date();
    const step = stepOfCode(factor.secret, plain(code), now.getTime());
    if (step === undefined) throw new WrongFactorCode();
    if (!(await this.repository.confirm(id, step, now))) throw new UnknownFactor();
    return this.added(actor, factor);
  }

  /** Those of a user; none for an app. */
  async passkeysOf(userId: string): Promise<SecondFactorEntity[]> {
    return (await this.repository.confirmed(userId)).filter(({ kind }) => kind === 'passkey');
  }
  findPasskey(credentialId: string): Promise<SecondFactorEntity | null> {
    return this.repository.findPasskey(credentialId);
  }

  /** @returns recovery codes, with the first factor @throws TooManyFactors, PasskeyRefused for one that is known already */
  async addPasskey(actor: Actor, name: string, { publicKey, ...passkey }: NewPasskey): Promise<string[] | null> {
    const { userId } = actor;
    if ((await this.repository.confirmed(userId)).length >= LIMITS.FACTORS_PER_USER) throw new TooManyFactors();
    const now = new Date();
    const made = { id: randomUUID(), createdAt: now, confirmedAt: now, lastUsedAt: null };
    const factor: SecondFactorEntity = { ...made, ...passkey, userId, kind: 'passkey', name, secret: publicKey };
    if (!(await this.repository.addPasskey(factor))) throw new PasskeyRefused();
    return this.added(actor, factor);
  }

  /** @param counter of the signature; 0: the authenticator has none @throws PasskeyRefused for a counter that was used */
  async usePasskey({ id }: SecondFactorEntity, counter: number): Promise<void> {
    const now = new Date();
    if (counter === 0) await this.repository.recordUse(id, now);
    else if (!(await this.repository.use(id, counter, now))) throw new PasskeyRefused();
  }

  /** Each code is accepted once. @returns undefined if it is wrong, or used */
  async proveByCode(userId: string, code: string): Promise<ProvedFactor | undefined> {
    const entered = plain(code);
    if (!isTotpCode(entered))
      return (await this.repository.useCode(userId, recoveryCodeHash(entered))) ? 'recovery-code' : undefined;
    const now = new Date();
    for (const { id, kind, secret } of await this.repository.confirmed(userId)) {
      const step = kind === 'totp' ? stepOfCode(secret, entered, now.getTime()) : undefined;
      if (step !== undefined && (await this.repository.use(id, step, now))) return kind;
    }
    return undefined;
  }

  /** Replaces all recovery codes, used and unused. @throws UnknownFactor for a user without a factor */
  async newRecoveryCodes(actor: Actor): Promise<string[]> {
    if ((await this.repository.confirmed(actor.userId)).length === 0) throw new UnknownFactor();
    const codes = await this.replaceCodes(actor.userId);
    await this.audit.record(actor, 'login.recovery-codes-created', actor.username);
    await this.mails.tell(actor.userId, 'recovery-codes-replaced');
    return codes;
  }

  /** A user's own. With the last one, the recovery codes become invalid, too. @throws UnknownFactor, LastFactor */
  async remove(actor: Actor, id: string): Promise<void> {
    const { userId, username } = actor;
    const factors = await this.repository.confirmed(userId);
    const factor = factors.find((each) => each.id === id);
    if (!factor) throw new UnknownFactor();
    const { role } = await this.users.get(userId);
    if (factors.length === 1 && this.requires(role)) throw new LastFactor();
    if (factors.length === 1) await this.repository.removeAll(userId);
    else if (!(await this.repository.remove(userId, id))) throw new UnknownFactor();
    await this.audit.record(actor, 'login.factor-removed', username, factor.name);
    await this.mails.tell(userId, 'factor-removed');
  }

  /** All of a user who has lost them. A user whose role requires one sets it up at the next login. @throws UnknownUser */
  async removeAll(actor: Actor, userId: string): Promise<void> {
    const { username } = await this.users.get(userId);
    if ((await this.repository.removeAll(userId)) === 0) return;
    await this.audit.record(actor, 'login.factor-removed', username, 'all');
    await this.mails.tell(userId, 'factors-reset', { by: actor.username });
  }

  private async added(actor: Actor, { name }: SecondFactorEntity): Promise<string[] | null> {
    const codes = (await this.repository.codesLeft(actor.userId)) === 0 ? await this.replaceCodes(actor.userId) : null;
    await this.audit.record(actor, 'login.factor-added', actor.username, name);
    await this.mails.tell(actor.userId, 'factor-added');
    return codes;
  }

  private async replaceCodes(userId: string): Promise<string[]> {
    const codes = Array.from({ length: LIMITS.RECOVERY_CODES }, newRecoveryCode);
    await this.repository.replaceCodes(userId, codes.map(recoveryCodeHash));
    return codes;
  }
}

/** Apps show `123 456`. */
const plain = (code: string): string => code.replaceAll(/[\s-]/g, '');
