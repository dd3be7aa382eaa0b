import { Controller, Delete, Get, Param } from '@nestjs/common';
import { z } from 'zod';
import { login, loginId, type Login } from '../../../protocol/account';
import { toInstant } from '../../../protocol/names';
import { secretHash } from '../../../tunnel/sha256';
import { Answers, AnswersNothing } from '../../http/answers';
import { Permit } from '../access/access.guard';
import { CurrentActor, CurrentIdentity, type Identity } from '../access/identity';
import type { Actor } from '../actor';
import type { KnownLogin } from './cookie-session.store';
import { UserLogins } from './user-logins';

const idOf = (identity: Identity): string | undefined => identity.loginId && secretHash(identity.loginId);

const presented = ({ at, lastUsedAt, expiresAt, ...shown }: KnownLogin, current: string | undefined): Login => ({
  ...shown,
  at: toInstant(at),
  lastUsedAt: toInstant(lastUsedAt),
  expiresAt: toInstant(expiresAt),
  current: shown.id === current,
});

/** A user's own logins. */
@Controller('api/auth/logins')
export class OwnLoginsController {
  constructor(private readonly logins: UserLogins) {}

  @Get()
  @Answers(z.array(login))
  async list(@CurrentIdentity() identity: Identity): Promise<Login[]> {
    const logins = await this.logins.list(identity.actor.userId);
    return logins.map((each) => presented(each, idOf(identity)));
  }

  /** Ends all but the login of this request. */
  @Delete()
  @AnswersNothing()
  endOthers(@CurrentIdentity() identity: Identity): Promise<void> {
    return this.logins.endAll(identity.actor, identity.actor.userId, idOf(identity));
  }

  @Delete(':id')
  @AnswersNothing()
  end(@CurrentActor() actor: Actor, @Param('id', { schema: loginId }) id: string): Promise<void> {
    return this.logins.end(actor, actor.userId, id);
  }
}

/** Logins of any user, for administrators. */
@Controller('api/users/:id/logins')
@Permit('admin')
export class UserLoginsController {
  constructor(private readonly logins: UserLogins) {}

  @Get()
  @Answers(z.array(login))
  async list(
    @CurrentIdentity() identity: Identity,
    @Param('id', { schema: z.uuid() }) userId: string,
  ): Promise<Login[]> {
    return (await this.logins.list(userId)).map((each) => presented(each, idOf(identity)));
  }

  @Delete()
  @AnswersNothing()
  endAll(@CurrentActor() actor: Actor, @Param('id', { schema: z.uuid() }) userId: string): Promise<void> {
    return this.logins.endAll(actor, userId);
  }

  @Delete(':loginId')
  @AnswersNothing()
  end(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: z.uuid() }) userId: string,
    @Param('loginId', { schema: loginId }) id: string,
  ): Promise<void> {
    return this.logins.end(actor, userId, id);
  }
}
