import { Body, Controller, Patch, Post, Req } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Request } from 'express';
import type { z } from 'zod';
import { passwordChange, profileChange, user, type User } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { Answers, AnswersNothing } from '../../http/answers';
import type { Actor } from '../actor';
import { CurrentActor } from '../access/identity';
import { LoginService } from './login.service';
import { presentedUser } from '../users/users.presenter';
import { UsersService } from '../users/users.service';

/** A user's own account. */
@Controller('api/auth')
export class ProfileController {
  constructor(
    private readonly users: UsersService,
    private readonly logins: LoginService,
  ) {}

  @Patch('me')
  @Answers(user)
  async change(
    @CurrentActor() actor: Actor,
    @Body({ schema: profileChange }) body: z.infer<typeof profileChange>,
  ): Promise<User> {
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
