import { Body, Controller, Get, Post, Req, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { loginRequest, user, type User } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { Answers, AnswersNothing } from '../../http/answers';
import type { Actor } from '../actor';
import { CurrentActor } from '../access/identity';
import { LoginService } from './login.service';
import { LogsIn, Public } from '../access/access.guard';
import { presentedUser } from '../users/users.presenter';
import { UsersService } from '../users/users.service';

@Controller('api/auth')
export class AuthController {
  constructor(
    private readonly logins: LoginService,
    private readonly users: UsersService,
  ) {}

  /** E1. */
  @Post('login')
  @Public()
  @LogsIn()
  @Throttle({ default: { limit: LIMITS.LOGINS_PER_MINUTE, ttl: 60_000 } })
  @Answers(user)
  async logIn(
    @Body({ schema: loginRequest }) body: z.infer<typeof loginRequest>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<User> {
    const actor = await this.logins.logIn(request, response, body.username);
    return presentedUser(await this.users.get(actor.userId));
  }

  @Post('logout')
  @AnswersNothing()
  logOut(
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    return this.logins.logOut(actor, request, response);
  }

  @Get('me')
  @Answers(user)
  async me(@CurrentActor() actor: Actor): Promise<User> {
    return presentedUser(await this.users.get(actor.userId));
  }
}
