import { Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { Journal } from '../../../journal/journal';
import type { passwordChange } from '../../../protocol/api';
import { networkOf } from '../../../tunnel/network-of';
import { AccessEvents } from '../access-events';
import { identityOf } from '../access/identity';
import type { Actor } from '../actor';
import { AuditService } from '../audit/audit.service';
import { LoginRefused, TooManyLogins, WrongPassword } from '../auth.errors';
import { loginCookieName } from './login-cookie';
import { LoginBrowser } from './login-browser';
import { LoginThrottle } from './login-throttle';
import { PASSPORT, type LoginInfo, type ServerPassport } from './passport';
import { UsersService } from '../users/users.service';

const USER_AGENT_CHARACTERS = 300;

type PasswordChange = z.infer<typeof passwordChange>;

/** Login and logout of a browser, or of any other client with cookies. */
@Injectable()
export class LoginService {
  constructor(
    @Inject(PASSPORT) private readonly passport: ServerPassport,
    private readonly throttle: LoginThrottle,
    private readonly browsers: LoginBrowser,
    private readonly users: UsersService,
    private readonly audit: AuditService,
    private readonly access: AccessEvents,
    private readonly journal: Journal,
  ) {}

  /**
   * S101-S103. An earlier cookie session is discarded, because its ID may have been planted (session fixation).
   * @param request with a validated `loginRequest` as its body
   * @throws LoginRefused, TooManyLogins
   */
  async logIn(request: Request, response: Response, username: string): Promise<Actor> {
    const address = request.ip ?? '';
    this.journal.step('S101', undefined, { address });
    const browser = this.browsers.of(request, username);
    const place = browser === undefined ? networkOf(address) : `browser ${browser}`;
    const wait = this.throttle.begin(username, place);
    if (wait > 0) throw new TooManyLogins(wait);

    const { actor, known } = await this.authenticate(request, response).catch((error: unknown) => {
      this.throttle.abandoned(username, place);
      throw error;
    });
    this.journal.step('S102', undefined, { permitted: actor !== undefined });
    // a user may have typed the password into the field of the user ID
    const target = known ? username : '(unknown user)';
    await this.audit.record(actor, actor ? 'login.permitted' : 'login.refused', target, `from ${address}`);
    if (actor) {
      this.throttle.succeeded(username, place);
      this.browsers.remember(request, response, username, browser);
      await storeLogin(request, actor);
      const replaced = identityOf(request);
      if (replaced) this.access.publish('logged-out', replaced.actor.userId);
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
    this.access.publish('logged-out', actor.userId);
    await this.audit.record(actor, 'login.ended', actor.username);
  }

  /**
   * A wrong current password counts as a failed login.
   * @throws WrongPassword, TooManyLogins
   */
  async changePassword(actor: Actor, request: Request, { current, next }: PasswordChange): Promise<void> {
    // a user who is logged in does not wait because of failed logins elsewhere
    const place = `user ${actor.userId}`;
    const wait = this.throttle.begin(actor.username, place);
    if (wait > 0) throw new TooManyLogins(wait);
    await this.users.changePassword(actor, current, next).catch((error: unknown) => {
      if (!(error instanceof WrongPassword)) this.throttle.abandoned(actor.username, place);
      throw error;
    });
    this.throttle.succeeded(actor.username, place);
    if (request.session) await storeLogin(request, actor);
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

/** Always under a new session ID. */
async function storeLogin(request: Request, actor: Actor): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    request.logIn(actor, (error?: Error) => (error ? reject(error) : resolve())),
  );
  const userAgent = (request.get('user-agent') ?? '').slice(0, USER_AGENT_CHARACTERS);
  request.session.origin = { at: Date.now(), address: request.ip ?? '', userAgent };
}
