import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { newApiToken } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { secretHash, sha256 } from '../../../tunnel/sha256';
import { AccessEvents } from '../access-events';
import { AccountMails } from '../account-mails/account-mails.service';
import type { Actor } from '../actor';
import type { ApiTokenEntity } from './api-token.entity';
import { ApiTokensRepository } from './api-tokens.repository';
import { AuditService } from '../audit/audit.service';
import { NotLoggedIn, OutlivesToken, OutranksToken, UnknownToken } from '../auth.errors';
import type { Identity } from '../access/identity';
import { activeActor } from '../users/users.service';

const DAY_MS = 24 * 60 * 60_000;
/** Not every request writes to the database. */
const USE_RECORDED_EVERY_MS = 60_000;
const PATTERN = /^plt_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/**
 * When a new token expires; null: never.
 * @param parentEnd of the token that it is created with, if there is one: it is also the default
 */
export function endOfToken(now: Date, days: number | undefined, parentEnd: Date | null): Date | null | 'too-late' {
  if (days === undefined) return parentEnd;
  const end = new Date(now.getTime() + days * DAY_MS);
  return parentEnd && end > parentEnd ? 'too-late' : end;
}

/** Credentials of programs: `plt_<id>_<secret>` in `Authorization: Bearer` (RFC 6750). Only a hash of the secret is stored. */
@Injectable()
export class ApiTokensService {
  constructor(
    private readonly repository: ApiTokensRepository,
    private readonly audit: AuditService,
    private readonly access: AccessEvents,
    private readonly mails: AccountMails,
  ) {}

  list(actor: Actor): Promise<ApiTokenEntity[]> {
    return this.repository.allOf(actor.userId);
  }

  /**
   * A token that is created with another token ends with it, at the latest, and covers no more.
   * @throws OutlivesToken, OutranksToken, NotLoggedIn if the other token has been revoked, or the login has ended
   */
  async create(
    { actor, accounts: mayManage, loginId, loginAt }: Identity,
    { name, expiresInDays, accounts = false }: z.infer<typeof newApiToken>,
  ): Promise<{ entity: ApiTokenEntity; token: string }> {
    if (accounts && !mayManage) throw new OutranksToken();
    const createdAt = new Date();
    await this.repository.removeExpired(createdAt);
    const parent = actor.apiTokenId === undefined ? undefined : await this.repository.find(actor.apiTokenId);
    if (parent === null) throw new NotLoggedIn();
    const expiresAt = endOfToken(createdAt, expiresInDays, parent?.expiresAt ?? null);
    if (expiresAt === 'too-late') throw new OutlivesToken();
    const secret = randomBytes(32).toString('base64url');
    const entity: ApiTokenEntity = {
      id: randomUUID(),
      userId: actor.userId,
      parentId: parent?.id ?? null,
      name,
      accounts,
      secretHash: secretHash(secret),
      createdAt,
      expiresAt,
      lastUsedAt: null,
    };
    if (!(await this.repository.insert(entity, loginId))) throw new NotLoggedIn();
    const called = accounts ? `${name}, for users and external clients` : name;
    await this.audit.record(actor, 'token.created', entity.id, parent ? `${called}, with token ${parent.id}` : called);
    // that of a login on the command line is part of it; what a token creates ends with it
    const isOfLogin = createdAt.getTime() - (loginAt ?? 0) < LIMITS.LOGIN_TOKEN_MS;
    if (accounts) await this.mails.tell(actor.userId, 'token-created');
    else if (!parent && !isOfLogin) await this.mails.tell(actor.userId, 'api-token-created');
    return { entity, token: `plt_${entity.id}_${secret}` };
  }

  /**
   * Revokes a token and all that were created with it, and ends the sessions that were requested with them.
   * @param options `jobs`: withdraws the jobs that were requested with it, too; not when its user logs out
   * @throws UnknownToken, also for another user's token
   */
  async revoke(actor: Actor, id: string, { jobs } = { jobs: true }): Promise<void> {
    const { userId } = actor;
    const removed = await this.repository.remove(id, userId);
    if (removed.length === 0) throw new UnknownToken();
    for (const apiTokenId of removed) {
      await this.audit.record(actor, 'token.revoked', apiTokenId, apiTokenId === id ? '' : `with token ${id}`);
      this.access.publish('revoked', { userId, apiTokenId, jobs, detail: 'the API token was revoked' });
    }
  }

  /** False once the token was revoked, or has expired and was removed. */
  exists(id: string): Promise<boolean> {
    return this.repository.has(id);
  }

  /** The user of a token; undefined if it is malformed, unknown, revoked or expired, or the user is deactivated. */
  async identify(token: string): Promise<Identity | undefined> {
    const [, id, secret] = PATTERN.exec(token) ?? [];
    if (!id || !secret) return undefined;
    const found = await this.repository.findWithUser(id);
    if (!found) return undefined;
    const { token: entity, user } = found;
    if (!timingSafeEqual(sha256(secret), Buffer.from(entity.secretHash, 'base64url'))) return undefined;
    const now = new Date();
    if (entity.expiresAt && entity.expiresAt <= now) return undefined;
    const actor = activeActor(user);
    if (!actor) return undefined;
    if (now.getTime() - (entity.lastUsedAt?.getTime() ?? 0) > USE_RECORDED_EVERY_MS)
      await this.repository.recordUse(id, now);
    return { actor: { ...actor, apiTokenId: id }, apiTokenId: id, accounts: entity.accounts };
  }
}
