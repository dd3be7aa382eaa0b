import { Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { Journal } from '../../../journal/journal';
import type { passwordChange } from '../../../protocol/api';
import { knownBrowserName } from '../../../protocol/browser-name';
import { LIMITS } from '../../../protocol/limits';
import { networkOf } from '../../../tunnel/network-of';
import { AccessEvents } from '../access-events';
import { identityOf, pendingLoginOf } from '../access/identity';
import { AccountMails } from '../account-mails/account-mails.service';
import type { ActingUser, Actor } from '../actor';
import { AuditService } from '../audit/audit.service';
import {
  LoginRefused,
  NoPendingLogin,
  PasskeyRefused,
  SecondFactorMissing,
  SecondFactorRequired,
  TooManyLogins,
  WrongCode,
  WrongPassword,
} from '../auth.errors';
import { FactorsService, type ProvedFactor } from '../factors/factors.service';
import type { SecondFactorEntity } from '../factors/second-factor.entity';
import type { LoginOrigin } from './cookie-session.store';
import { loginCookieName } from './login-cookie';
import { LoginBrowser } from './login-browser';
import { LoginThrottle } from './login-throttle';
import { PASSPORT, type LoginInfo, type ServerPassport } from './passport';
import { PendingLogins } from './pending-login';
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
    private readonly factors: FactorsService,
    private readonly pending: PendingLogins,
    private readonly audit: AuditService,
    private readonly access: AccessEvents,
    private readonly mails: AccountMails,
    private readonly journal: Journal,
  ) {}

  /**
   * S101-S103. An earlier cookie session is discarded, because its ID may have been planted (session fixation).
   * @param request with a validated `loginRequest` as its body
   * @throws LoginRefused, TooManyLogins; SecondFactorRequired, SecondFactorMissing: the login is pending in this browser
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
    if (!actor) {
      // a user may have typed the password into the field of the user ID
      const target = known ? username : '(unknown user)';
      await this.audit.record(actor, 'login.refused', target, `from ${address}`);
      this.journal.step('S103', undefined, { permitted: false });
      if (known && this.throttle.failuresOf(username) >= LIMITS.LOGIN_FAILURES_FROM_ALL_PLACES)
        await this.mails.tell((await this.users.getByName(username)).id, 'passwords-refused');
      throw new LoginRefused();
    }
    this.throttle.succeeded(username, place);
    await this.proved(request, response, actor);
    return actor;
  }

  /**
   * A user for whom the provider of single sign-on vouches.
   * @param withFactors whether the provider has checked a second factor, so that none is asked for here
   * @throws SecondFactorRequired, SecondFactorMissing: the login is pending in this browser
   */
  async vouchedFor(request: Request, response: Response, actor: ActingUser, withFactors: boolean): Promise<void> {
    this.journal.step('S101', undefined, { address: request.ip ?? '' });
    this.journal.step('S102', undefined, { permitted: true });
    if (withFactors) await this.complete(request, response, actor, 'provider');
    else await this.proved(request, response, actor);
  }

  /**
   * The second factor of a pending login, by a code. Guesses are counted for the account, wherever they come from: the
   * password is known there. A browser that has logged in to the account before is counted separately.
   * @throws NoPendingLogin, WrongCode, TooManyLogins
   */
  async enterCode(request: Request, response: Response, code: string): Promise<Actor> {
    const { actor, step } = pendingLoginOf(request) ?? {};
    if (!actor || step !== 'second-factor') throw new NoPendingLogin();
    const browser = this.browsers.of(request, actor.username);
    const [account, place] = [`second factor of ${actor.username}`, browser ? `browser ${browser}` : 'elsewhere'];
    const wait = this.throttle.begin(account, place);
    if (wait > 0) throw new TooManyLogins(wait);
    const factor = await this.factors.proveByCode(actor.userId, code).catch((error: unknown) => {
      this.throttle.abandoned(account, place);
      throw error;
    });
    if (!factor) {
      await this.audit.record(undefined, 'login.refused', actor.username, `wrong code, from ${request.ip ?? ''}`);
      if (this.throttle.failuresOf(account) >= LIMITS.LOGIN_FAILURES_FREE)
        await this.mails.tell(actor.userId, 'codes-refused');
      throw new WrongCode();
    }
    this.throttle.succeeded(account, place);
    await this.complete(request, response, actor, factor);
    return actor;
  }

  /**
   * A passkey, as the second factor of a pending login, or as a whole login. Users of single sign-on log in there first, where
   * they may have been removed.
   * @param credentialId in the answer of the authenticator
   * @param verify checks that answer, and returns the signature counter
   * @throws PasskeyRefused
   */
  async enterPasskey(
    request: Request,
    response: Response,
    credentialId: string,
    verify: (passkey: SecondFactorEntity) => Promise<number>,
  ): Promise<Actor> {
    const pending = pendingLoginOf(request);
    const passkey = await this.factors.findPasskey(credentialId);
    const user = passkey && (await this.users.get(passkey.userId));
    const actor = passkey && (await this.users.actor(passkey.userId));
    const fits = pending ? pending.actor.userId === passkey?.userId : user && this.users.logsInByPassword(user);
    if (!passkey || !actor || !fits) throw new PasskeyRefused();
    await this.factors.usePasskey(passkey, await verify(passkey));
    await this.complete(request, response, actor, 'passkey');
    return actor;
  }

  /** After a factor was set up in a pending login. Does nothing for a login that is complete. */
  async factorSetUp(request: Request, response: Response, factor: ProvedFactor): Promise<void> {
    const pending = pendingLoginOf(request);
    if (pending) await this.complete(request, response, pending.actor, factor);
  }

  async logOut(actor: Actor, request: Request, response: Response): Promise<void> {
    await this.forget(request, response);
    this.access.publish('logged-out', actor.userId);
    await this.audit.record(actor, 'login.ended', actor.username);
  }

  /** Ends the cookie session of a browser. */
  async forget(request: Request, response: Response): Promise<void> {
    if (request.session)
      await new Promise<void>((resolve, reject) =>
        request.session.destroy((error?: Error) => (error ? reject(error) : resolve())),
      );
    const { secure } = request;
    response.clearCookie(loginCookieName(secure), { path: '/', httpOnly: true, sameSite: 'lax', secure });
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
    if (request.session) await storeLogin(request, actor, request.session.origin?.factor);
  }

  /** The first factor of a user: logs in, unless a second one is lacking. @throws SecondFactorRequired, SecondFactorMissing */
  private async proved(request: Request, response: Response, actor: ActingUser): Promise<void> {
    const step = await this.factors.missingStep(actor.userId, actor.role);
    if (!step) return this.complete(request, response, actor, undefined);
    const replaced = identityOf(request);
    await this.pending.begin(request, actor);
    if (replaced) this.access.publish('logged-out', replaced.actor.userId);
    throw step === 'set-up' ? new SecondFactorMissing() : new SecondFactorRequired();
  }

  private async complete(
    request: Request,
    response: Response,
    actor: ActingUser,
    factor: ProvedFactor | undefined,
  ): Promise<void> {
    const { userId, username } = actor;
    const how = factor ? `from ${request.ip ?? ''}, with ${factor}` : `from ${request.ip ?? ''}`;
    await this.audit.record(actor, 'login.permitted', username, how);
    const known = this.browsers.of(request, username);
    this.browsers.remember(request, response, username, known);
    const replaced = identityOf(request);
    await storeLogin(request, actor, factor);
    if (replaced) this.access.publish('logged-out', replaced.actor.userId);
    this.journal.step('S103', undefined, { permitted: true });
    const browser = knownBrowserName(request.get('user-agent') ?? '');
    const facts = { address: request.ip ?? '', ...(browser && { browser }) };
    if (known === undefined) await this.mails.tell(userId, 'new-browser', facts);
    if (factor === 'recovery-code')
      await this.mails.tell(userId, 'recovery-code-used', {
        ...facts,
        left: await this.factors.recoveryCodesLeft(userId),
      });
  }

  private authenticate(request: Request, response: Response): Promise<{ actor: ActingUser | undefined } & LoginInfo> {
    return new Promise((resolve, reject) => {
      const answer = (error?: Error | null, actor?: ActingUser | false | null, info?: LoginInfo) =>
        error ? reject(error) : resolve({ actor: actor || undefined, known: info?.known ?? false });
      const handler = this.passport.authenticate('local', answer) as (...parts: unknown[]) => void;
      handler(request, response, (error: Error) => reject(error));
    });
  }
}

/** Always under a new session ID. */
async function storeLogin(request: Request, actor: Actor, factor: LoginOrigin['factor']): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    request.logIn(actor, (error?: Error) => (error ? reject(error) : resolve())),
  );
  const userAgent = (request.get('user-agent') ?? '').slice(0, USER_AGENT_CHARACTERS);
  request.session.origin = { at: Date.now(), address: request.ip ?? '', userAgent, ...(factor && { factor }) };
  // before the answer: a client may use the cookie as soon as it has read the header
  await new Promise<void>((resolve, reject) =>
    request.session.save((error?: Error) => (error ? reject(error) : resolve())),
  );
}
