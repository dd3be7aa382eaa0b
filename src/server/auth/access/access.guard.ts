import { Injectable, SetMetadata, applyDecorators, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import type { Role } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import type { ClientScope } from '../../../protocol/external-clients';
import { Documented, DOCUMENTED_ACCESS, DOCUMENTED_SCHEMES } from '../../http/api-docs';
import {
  AccountsNotCovered,
  BrowserLoginRequired,
  ClosedToClients,
  Forbidden,
  InsufficientScope,
  LoginTooOld,
  LoginWithToken,
  NotLoggedIn,
} from '../auth.errors';
import { identityOf, pendingLoginOf, type Identity } from './identity';

const ACCESS = 'platen:access';
const ACCOUNTS = 'platen:accounts';
const CHANGES_FACTORS = 'platen:changes-factors';
const LOGS_IN = 'platen:logs-in';
const CLIENT_SCOPE = 'platen:client-scope';
type Access = Role | 'public';

/**
 * The role a route needs, on the method or on the whole controller; an administrator may do what a technician may.
 * A route without it needs a login of any role.
 */
export const Permit = (role: Role): MethodDecorator & ClassDecorator => permit(role);

/** A route that needs no login. */
export const Public = (): MethodDecorator & ClassDecorator => permit('public');

const permit = (access: Access): MethodDecorator & ClassDecorator =>
  applyDecorators(
    SetMetadata(ACCESS, access),
    Documented(({ ApiExtension }) => ApiExtension(DOCUMENTED_ACCESS, access)),
  );

/**
 * Opens one route, besides to users, to external clients with this scope. It stands on methods only, never on a
 * controller, so that a new route is closed to clients until somebody decides otherwise.
 */
export const PermitClient = (scope: ClientScope): MethodDecorator =>
  applyDecorators(
    SetMetadata(CLIENT_SCOPE, scope),
    Documented(({ ApiSecurity }) => ApiSecurity(DOCUMENTED_SCHEMES.client, [scope])),
  );

/**
 * A route with which a credential could give access that outlives it, or exceeds it. An API token needs `accounts` for it,
 * so that revoking a token that someone has stolen ends all that it gave access to.
 */
export const ManagesAccounts = (): MethodDecorator => SetMetadata(ACCOUNTS, true);

/**
 * A route that changes how a user logs in. No API token opens it, and a browser only shortly after its login, so that
 * someone who finds a browser open does not stay. Those for a user's own factors are also open to a login that lacks the
 * factor which the role requires.
 */
export const ChangesFactors = (): MethodDecorator => SetMetadata(CHANGES_FACTORS, true);

/**
 * A step of a login. Its state is in the cookie session of the browser, which a request with a token in the header
 * `Authorization` does not have.
 */
export const LogsIn = (): MethodDecorator => SetMetadata(LOGS_IN, true);

/** Enforces `@Permit`, `@Public`, `@PermitClient`, `@ManagesAccounts`, `@ChangesFactors` and `@LogsIn`. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    const request = context.switchToHttp().getRequest<Partial<Pick<Request, 'session'>>>();
    if (this.reflector.get<boolean | undefined>(LOGS_IN, context.getHandler()) && !request.session)
      throw new LoginWithToken();
    if (access === 'public') return true;
    const changesFactors = this.reflector.get<boolean | undefined>(CHANGES_FACTORS, context.getHandler());
    if (changesFactors && access !== 'admin' && pendingLoginOf(request)?.step === 'set-up') return true;
    const identity = identityOf(request);
    if (!identity) throw new NotLoggedIn();
    const { role, client } = identity.actor;
    if (client) {
      const scope = this.reflector.get<ClientScope | undefined>(CLIENT_SCOPE, context.getHandler());
      if (scope === undefined) throw new ClosedToClients();
      if (!client.scopes.has(scope)) throw new InsufficientScope(scope);
      return true;
    }
    if (access === 'admin' && role !== 'admin') throw new Forbidden(access);
    const managing = this.reflector.get<boolean | undefined>(ACCOUNTS, context.getHandler());
    if (managing && !identity.accounts) throw new AccountsNotCovered();
    if (changesFactors) refuseOldLogin(identity);
    return true;
  }
}

/** @throws BrowserLoginRequired, LoginTooOld */
export function refuseOldLogin({ loginId, loginAt = 0 }: Identity): void {
  if (loginId === undefined) throw new BrowserLoginRequired();
  if (Date.now() - loginAt > LIMITS.FACTOR_CHANGE_MS) throw new LoginTooOld();
}
