import { Body, Controller, Get, Patch, Post, Query, Req } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Request } from 'express';
import type { z } from 'zod';
import {
  auditEvent,
  page,
  pageQuery,
  passwordChange,
  profileChange,
  user,
  type AuditEvent,
  type User,
} from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { Answers, AnswersNothing } from '../../http/answers';
import type { Page } from '../../database/page';
import type { Actor } from '../actor';
import { refuseOldLogin } from '../access/access.guard';
import { CurrentActor, CurrentIdentity, type Identity } from '../access/identity';
import { presentedAuditEvent } from '../audit/audit.presenter';
import { AuditService } from '../audit/audit.service';
import { LoginService } from './login.service';
import { presentedUser } from '../users/users.presenter';
import { UsersService } from '../users/users.service';

/** A user's own account. */
@Controller('api/auth')
export class ProfileController {
  constructor(
    private readonly users: UsersService,
    private readonly logins: LoginService,
    private readonly audit: AuditService,
  ) {}

  /** What the audit trail has about the user's account: logins, and changes of it. */
  @Get('events')
  @Answers(page(auditEvent))
  async events(
    @CurrentActor() { username }: Actor,
    @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>,
  ): Promise<Page<AuditEvent>> {
    const { rows, next } = await this.audit.ofAccount(query, username);
    return { rows: rows.map(presentedAuditEvent), next };
  }

  /** Mails about the account come to the address, so that changing it takes a recent login. */
  @Patch('me')
  @Answers(user)
  async change(
    @CurrentIdentity() identity: Identity,
    @Body({ schema: profileChange }) body: z.infer<typeof profileChange>,
  ): Promise<User> {
    const { actor } = identity;
    const { email } = await this.users.get(actor.userId);
    if (body.email !== undefined && body.email !== email) refuseOldLogin(identity);
    return presentedUser(await this.users.changeProfile(actor, body));
  }

  /** Ends all logins and API tokens of the user, and logs this browser in again. */
  @Post('password')
  @Throttle({ default: { limit: LIMITS.LOGINS_PER_MINUTE, ttl: 60_000 } })
  @AnswersNothing()
  changePassword(
    @CurrentActor() actor: Actor,
    @Body({ schema: passwordChange }) body: z.infer<typeof passwordChange>,
    @Req() request: Request,
  ): Promise<void> {
    return this.logins.changePassword(actor, request, body);
  }
}
