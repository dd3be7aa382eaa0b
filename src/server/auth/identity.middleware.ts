import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import { LIMITS } from '../../protocol/limits';
import { SECRETS, type Secrets } from '../config/secrets';
import type { ActingUser } from './actor';
import { AccessTokensService } from './clients/access-tokens.service';
import { ClientMetrics } from './clients/client-metrics';
import { ApiTokensService } from './tokens/api-tokens.service';
import { loginCookieName } from './login/login-cookie';
import { LoginCompleteness } from './login/login-completeness';
import { PendingLogins } from './login/pending-login';
import { CookieSessionStore } from './login/cookie-session.store';
import { identify } from './access/identity';
import { PASSPORT, type ServerPassport } from './login/passport';

/** Identifies who makes a request by its API token or access token, or without one by its session cookie. */
@Injectable()
export class IdentityMiddleware implements NestMiddleware {
  private readonly cookieSessions: { readonly plain: RequestHandler; readonly secure: RequestHandler };
  private readonly loginOfSession: RequestHandler;

  constructor(
    store: CookieSessionStore,
    private readonly tokens: ApiTokensService,
    private readonly accessTokens: AccessTokensService,
    private readonly metrics: ClientMetrics,
    private readonly completeness: LoginCompleteness,
    private readonly pending: PendingLogins,
    @Inject(SECRETS) secrets: Secrets,
    @Inject(PASSPORT) passport: ServerPassport,
  ) {
    const cookieSession = (secure: boolean): RequestHandler =>
      session({
        name: loginCookieName(secure),
        secret: secrets.cookieSecret,
        store,
        resave: false,
        saveUninitialized: false,
        // `auto`: as the request came. Both middlewares share one store, so the cookies of both are alike
        cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', path: '/', maxAge: LIMITS.COOKIE_SESSION_MS },
      });
    this.cookieSessions = { plain: cookieSession(false), secure: cookieSession(true) };
    this.loginOfSession = passport.session() as RequestHandler;
  }

  use(request: Request, response: Response, next: NextFunction): void {
    const [scheme = '', token = ''] = (request.get('authorization') ?? '').split(' ');
    if (scheme.toLowerCase() === 'bearer') this.useToken(request, response, token).then(() => next(), next);
    else this.useCookie(request, response, next);
  }

  private async useToken(request: Request, response: Response, token: string): Promise<void> {
    const identity = await this.tokens.identify(token);
    if (identity) return identify(request, identity);
    const client = await this.accessTokens.identify(token);
    if (!client) return;
    identify(request, { actor: client, apiTokenId: undefined, accounts: false });
    response.once('close', () => this.metrics.request(client.userId, response.statusCode));
  }

  private useCookie(request: Request, response: Response, next: NextFunction): void {
    const cookieSession = this.cookieSessions[request.secure ? 'secure' : 'plain'];
    cookieSession(request, response, (error?: unknown) => {
      if (error) return next(error);
      void this.loginOfSession(request, response, (failure?: unknown) => {
        if (failure) return next(failure);
        this.useLogin(request).then(() => next(), next);
      });
    });
  }

  private async useLogin(request: Request): Promise<void> {
    const { sessionID: loginId } = request;
    const { origin } = request.session;
    const user = request.user as ActingUser | undefined;
    if (!user) return this.pending.identify(request);
    if (!this.completeness.has(user, origin)) return;
    identify(request, { actor: user, apiTokenId: undefined, accounts: true, loginId, loginAt: origin?.at });
  }
}
