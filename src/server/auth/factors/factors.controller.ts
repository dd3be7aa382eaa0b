import { Body, Controller, Delete, Get, Param, Post, Req, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { z } from 'zod';
import {
  codeRequest,
  factors,
  newFactor,
  newPasskey,
  newTotp,
  passkeyOptions,
  recoveryCodes,
  type Factor,
  type Factors,
} from '../../../protocol/account';
import { LIMITS } from '../../../protocol/limits';
import { toInstant } from '../../../protocol/names';
import { Answers, AnswersNothing } from '../../http/answers';
import { ChangesFactors, Permit } from '../access/access.guard';
import { CurrentActor, FactorOwner } from '../access/identity';
import type { Actor } from '../actor';
import { LoginService } from '../login/login.service';
import { UsersService } from '../users/users.service';
import { FactorsService } from './factors.service';
import { Passkeys } from './passkeys';
import type { SecondFactorEntity } from './second-factor.entity';

const presented = ({ id, kind, name, createdAt, lastUsedAt }: SecondFactorEntity): Factor => ({
  id,
  kind,
  name,
  createdAt: toInstant(createdAt),
  lastUsedAt: lastUsedAt && toInstant(lastUsedAt),
});

const GUESSES = { default: { limit: LIMITS.LOGINS_PER_MINUTE, ttl: 60_000 } };

/**
 * A user's own second factors. They are changed only in a browser, shortly after its login, or in a login that lacks the
 * factor which the role requires.
 */
@Controller('api/auth/factors')
export class OwnFactorsController {
  constructor(
    private readonly factors: FactorsService,
    private readonly logins: LoginService,
    private readonly users: UsersService,
    private readonly passkeys: Passkeys,
  ) {}

  @Get()
  @Answers(factors)
  async list(@CurrentActor() { userId }: Actor): Promise<Factors> {
    return factorsOf(userId, this.users, this.factors);
  }

  @Post('totp')
  @ChangesFactors()
  @Answers(newTotp, 201)
  begin(
    @FactorOwner() actor: Actor,
    @Body({ schema: newFactor }) { name }: z.infer<typeof newFactor>,
  ): Promise<z.infer<typeof newTotp>> {
    return this.factors.beginTotp(actor, name);
  }

  /** Completes a login that lacks the factor. */
  @Post('totp/:id/confirmation')
  @ChangesFactors()
  @Throttle(GUESSES)
  @Answers(recoveryCodes)
  async confirm(
    @FactorOwner() actor: Actor,
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: codeRequest }) { code }: z.infer<typeof codeRequest>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof recoveryCodes>> {
    const codes = await this.factors.confirmTotp(actor, id, code);
    await this.logins.factorSetUp(request, response, 'totp');
    return { recoveryCodes: codes };
  }

  @Post('passkey/options')
  @ChangesFactors()
  @Answers(passkeyOptions)
  async passkeyOptions(@FactorOwner() actor: Actor, @Req() request: Request): Promise<object> {
    return this.passkeys.registrationOptions(request, actor, await this.factors.passkeysOf(actor.userId));
  }

  /** Completes a login that lacks the factor. */
  @Post('passkey')
  @ChangesFactors()
  @Answers(recoveryCodes)
  async addPasskey(
    @FactorOwner() actor: Actor,
    @Body({ schema: newPasskey }) { name, response: answer }: z.infer<typeof newPasskey>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof recoveryCodes>> {
    const codes = await this.factors.addPasskey(actor, name, await this.passkeys.register(request, answer));
    await this.logins.factorSetUp(request, response, 'passkey');
    return { recoveryCodes: codes };
  }

  @Post('recovery-codes')
  @ChangesFactors()
  @Answers(recoveryCodes)
  async replaceCodes(@FactorOwner() actor: Actor): Promise<z.infer<typeof recoveryCodes>> {
    return { recoveryCodes: await this.factors.newRecoveryCodes(actor) };
  }

  @Delete(':id')
  @ChangesFactors()
  @AnswersNothing()
  remove(@FactorOwner() actor: Actor, @Param('id', { schema: z.uuid() }) id: string): Promise<void> {
    return this.factors.remove(actor, id);
  }
}

/** Second factors of any user, for administrators. */
@Controller('api/users/:id/factors')
@Permit('admin')
export class UserFactorsController {
  constructor(
    private readonly factors: FactorsService,
    private readonly users: UsersService,
  ) {}

  @Get()
  @Answers(factors)
  list(@Param('id', { schema: z.uuid() }) userId: string): Promise<Factors> {
    return factorsOf(userId, this.users, this.factors);
  }

  /** For a user who has lost them. */
  @Delete()
  @ChangesFactors()
  @AnswersNothing()
  removeAll(@CurrentActor() actor: Actor, @Param('id', { schema: z.uuid() }) userId: string): Promise<void> {
    return this.factors.removeAll(actor, userId);
  }
}

async function factorsOf(userId: string, users: UsersService, service: FactorsService): Promise<Factors> {
  const { role } = await users.get(userId);
  return {
    factors: (await service.list(userId)).map(presented),
    recoveryCodes: await service.recoveryCodesLeft(userId),
    required: service.requires(role),
  };
}
