import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Journal } from '../../../journal/journal';
import { OIDC_REFUSALS, type OidcRefusal } from '../../../protocol/account';
import { LIMITS } from '../../../protocol/limits';
import { CONFIG, type Config } from '../../config/config';
import { Redirects } from '../../http/answers';
import { LogsIn, Public } from '../access/access.guard';
import { AuditService } from '../audit/audit.service';
import { OidcRefused, SecondFactorMissing, SecondFactorRequired } from '../auth.errors';
import { LoginService } from '../login/login.service';
import { consolePath } from './console-path';
import { OidcClient, type OidcRequest } from './oidc-client';
import { OidcUsers } from './oidc-users';

interface StoredOidcRequest extends OidcRequest {
  /** Path of the console. */
  readonly to: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}
declare module 'express-session' {
  interface SessionData {
    oidc?: StoredOidcRequest;
  }
}

const loginQuery = z.object({ to: z.string().max(500).optional() });
const callbackQuery = z.object({ error: z.string().max(200).optional() });
const GUESSES = { default: { limit: LIMITS.LOGINS_PER_MINUTE, ttl: 60_000 } };

/** Logins at the provider of single sign-on. Browsers open these routes; the answers are redirections. */
@Controller('api/auth/oidc')
@Public()
export class OidcController {
  constructor(
    private readonly client: OidcClient,
    private readonly users: OidcUsers,
    private readonly logins: LoginService,
    private readonly audit: AuditService,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @param to path of the console that is shown after the login */
  @Get('login')
  @LogsIn()
  @Throttle(GUESSES)
  @Redirects()
  async begin(
    @Query({ schema: loginQuery }) { to }: z.infer<typeof loginQuery>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    void this.client.settings;
    try {
      const { url, request: made } = await this.client.begin();
      // a login that this browser has keeps its own expiry
      if (!request.user) request.session.cookie.maxAge = LIMITS.PENDING_LOGIN_MS;
      request.session.oidc = { ...made, to: consolePath(to), until: Date.now() + LIMITS.PENDING_LOGIN_MS };
      response.redirect(url.href);
    } catch (error) {
      this.refuse(response, 'unreachable', error);
    }
  }

  @Get('callback')
  @LogsIn()
  @Throttle(GUESSES)
  @Redirects()
  async callback(
    @Query({ schema: callbackQuery }) { error: refusal }: z.infer<typeof callbackQuery>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { settings } = this.client;
    const stored = request.session?.oidc;
    // each serves one attempt
    if (request.session) delete request.session.oidc;
    if (!stored || stored.until <= Date.now()) return this.refuse(response, 'expired');
    if (refusal !== undefined) return this.refuse(response, 'cancelled', new Error(`the provider answered ${refusal}`));
    try {
      const claims = await this.client.claims(request.originalUrl, stored);
      const actor = await this.users.userOf(settings, claims);
      await this.logins.vouchedFor(request, response, actor, settings.checksFactors || usedSeveralFactors(claims.amr));
    } catch (error) {
      if (error instanceof SecondFactorRequired || error instanceof SecondFactorMissing)
        return this.show(response, stored.to);
      const why = error instanceof OidcRefused ? error.why : 'failed';
      await this.audit.record(undefined, 'login.refused', '(single sign-on)', `${why}, from ${request.ip ?? ''}`);
      return this.refuse(response, why, error);
    }
    this.show(response, stored.to);
  }

  /** Logs out at the provider, too. */
  @Get('logout')
  @Redirects()
  async logOut(@Res() response: Response): Promise<void> {
    void this.client.settings;
    const url = await this.client.logoutUrl().catch((error: unknown) => {
      this.journal.warn('the provider of single sign-on cannot be reached', { detail: String(error) });
      return undefined;
    });
    response.redirect(url?.href ?? new URL('/', this.config.http.publicUrl).href);
  }

  /** @param error for the log; the browser gets one of a few reasons */
  private refuse(response: Response, why: OidcRefusal, error?: unknown): void {
    const { code, message } = (error ?? {}) as { code?: string; message?: string };
    this.journal.warn('a login by single sign-on was refused', {
      reason: why,
      ...(code && { errorCode: code }),
      detail: message,
    });
    this.show(response, `/?refused=${OIDC_REFUSALS[why]}`);
  }

  private show(response: Response, path: string): void {
    response.redirect(new URL(path, this.config.http.publicUrl).href);
  }
}

/** RFC 8176: the provider states that it has checked several factors. */
const usedSeveralFactors = (amr: unknown): boolean => Array.isArray(amr) && amr.includes('mfa');
