import { Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { Journal } from '../../journal/journal';
import type { passwordChange } from '../../protocol/api';
import type { Actor } from './actor';
import { AuditService } from './audit.service';
import { LoginRefused, TooManyLogins } from './auth.errors';
import { loginCookieName } from './cookie';
import { LoginLimiter } from './login-limiter';
import { PASSPORT, type LoginInfo, type ServerPassport } from './passport';
import { UsersService } from './users.service';

type PasswordChange = z.infer<typeof passwordChange>;

/** Login and logout of a browser, or of whoever keeps cookies. */
@Injectable()
export class LoginService {
  constructor(
    @Inject(PASSPORT) private readonly passport: ServerPassport,
    private readonly limiter: LoginLimiter,
    private readonly users: UsersService,
    private readonly audit: AuditService,
    private readonly journal: Journal,
  ) {}

  /**
   * S101-S103. A session that was there before is thrown away, so that nobody can have planted its ID.
   * @param request its body has been checked to be a `loginRequest`
   * @throws LoginRefused, TooManyLogins
   */
  async logIn(request: Request, response: Response, username: string): Promise<Actor> {
    const address = request.ip ?? '';
    this.journal.step('S101', undefined, { address });
    const wait = this.limiter.take(username, address);
    if (wait > 0) throw new TooManyLogins(wait);

    const { actor, known } = await this.authenticate(request, response);
    this.journal.step('S102', undefined, { permitted: actor !== undefined });
    // somebody may have typed a password in the place of the user ID
    const target = known ? username : '(unknown user)';
    await this.audit.record(actor, actor ? 'login.permitted' : 'login.refused', target, `from ${address}`);
    if (actor) {
      this.limiter.succeeded(username, address);
      await keepLogin(request, actor);
    }
    this.journal.step('S103', undefined, { permitted: actor !== undefined });
    if (!actor) throw new LoginRefused();
    return actor;
  }

  async logOut(actor: Actor, request: Request, response: Response): Promise<void> {
    if (request.session)
      await new Promise<void>((resolve, reject) =>
        request.session.destroy((error?: Error) => (error ? reject(error) : resolve())),
      );
    const { secure } = request;
    response.clearCookie(loginCookieName(secure), { path: '/', httpOnly: true, sameSite: 'lax', secure });
    await this.audit.record(actor, 'login.ended', actor.username);
  }

  /**
   * A guess at the current password counts as one at a login.
   * @throws WrongPassword, TooManyLogins
   */
  async changePassword(actor: Actor, request: Request, { current, next }: PasswordChange): Promise<void> {
    const address = request.ip ?? '';
    const wait = this.limiter.take(actor.username, address);
    if (wait > 0) throw new TooManyLogins(wait);
    await this.users.changePassword(actor, current, next);
    this.limiter.succeeded(actor.username, address);
    if (request.session) await keepLogin(request, actor);
  }

  private authenticate(request: Request, response: Response): Promise<{ actor: Actor | undefined } & LoginInfo> {
    return new Promise((resolve, reject) => {
      const answer = (error?: Error | null, actor?: Actor | false | null, info?: LoginInfo) =>
        error ? reject(error) : resolve({ actor: actor || undefined, known: info?.known ?? false });
      const handler = this.passport.authenticate('local', answer) as (...parts: unknown[]) => void;
      handler(request, response, (error: Error) => reject(error));
    });
  }
}

/** Under a new session ID, whatever was there before. */
const keepLogin = (request: Request, actor: Actor): Promise<void> =>
  new Promise((resolve, reject) => request.logIn(actor, (error?: Error) => (error ? reject(error) : resolve())));
