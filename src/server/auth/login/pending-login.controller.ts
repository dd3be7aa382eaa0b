import { Body, Controller, Delete, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { codeRequest, loginState, passkeyLogin, passkeyOptions, type LoginState } from '../../../protocol/account';
import { user, type User } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { CONFIG, type Config } from '../../config/config';
import { Answers, AnswersNothing } from '../../http/answers';
import { LogsIn, Public } from '../access/access.guard';
import { pendingLoginOf } from '../access/identity';
import { FactorsService } from '../factors/factors.service';
import { Passkeys } from '../factors/passkeys';
import { presentedUser } from '../users/users.presenter';
import { UsersService } from '../users/users.service';
import { LoginService } from './login.service';

/** The steps of a login after the password. They are open without a login, and act on the pending login of the browser. */
@Controller('api/auth/login')
@Public()
export class PendingLoginController {
  constructor(
    private readonly logins: LoginService,
    private readonly factors: FactorsService,
    private readonly users: UsersService,
    private readonly passkeys: Passkeys,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @Answers(loginState)
  async state(@Req() request: Request): Promise<LoginState> {
    const pending = pendingLoginOf(request);
    const { local, oidc } = this.config.login;
    const ways = {
      password: local,
      passkeys: this.passkeys.isAvailable(request),
      oidc: oidc ? { name: oidc.name } : null,
    };
    if (!pending) return { ...ways, pending: null };
    const { actor, step } = pending;
    const kinds = new Set((await this.factors.list(actor.userId)).map(({ kind }) => kind));
    return { ...ways, pending: { step, username: actor.username, factors: [...kinds] } };
  }

  @Post('code')
  @LogsIn()
  @Throttle({ default: { limit: LIMITS.LOGINS_PER_MINUTE, ttl: 60_000 } })
  @Answers(user)
  async enterCode(
    @Body({ schema: codeRequest }) { code }: z.infer<typeof codeRequest>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<User> {
    const actor = await this.logins.enterCode(request, response, code);
    return presentedUser(await this.users.get(actor.userId));
  }

  /** For the pending login of the browser, or for a login without a password. */
  @Post('passkey/options')
  @LogsIn()
  @Throttle({ default: { limit: LIMITS.LOGINS_PER_MINUTE, ttl: 60_000 } })
  @Answers(passkeyOptions)
  async passkeyOptions(@Req() request: Request): Promise<object> {
    const pending = pendingLoginOf(request);
    const known = pending ? await this.factors.passkeysOf(pending.actor.userId) : [];
    return this.passkeys.loginOptions(request, known);
  }

  @Post('passkey')
  @LogsIn()
  @Throttle({ default: { limit: LIMITS.LOGINS_PER_MINUTE, ttl: 60_000 } })
  @Answers(user)
  async enterPasskey(
    @Body({ schema: passkeyLogin }) { response: answer }: z.infer<typeof passkeyLogin>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<User> {
    const actor = await this.logins.enterPasskey(request, response, answer.id, (passkey) =>
      this.passkeys.verify(request, passkey, answer),
    );
    return presentedUser(await this.users.get(actor.userId));
  }

  /** Begins again with the password; a login that is complete is left alone. */
  @Delete()
  @AnswersNothing()
  async giveUp(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<void> {
    if (pendingLoginOf(request)) await this.logins.forget(request, response);
  }
}
