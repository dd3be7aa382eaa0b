import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { LoginStep } from '../../../protocol/account';
import type { ActingUser, Actor } from '../actor';
import { NotLoggedIn } from '../auth.errors';

/** Who makes a request, and the credential used. */
export interface Identity {
  readonly actor: Actor;
  /** ID of a user's API token; undefined with a browser's cookie, and for an external client. */
  readonly apiTokenId: string | undefined;
  /** Whether the credential covers users and external clients: a login in a browser does, an API token only if it says so. */
  readonly accounts: boolean;
  /** ID of the login in a browser; undefined for a program. */
  readonly loginId?: string;
  /** When that login was made, in milliseconds since 1970. */
  readonly loginAt?: number | undefined;
}

/** A browser that has proved the first factor only. It is not logged in, and nothing but the rest of the login is open to it. */
export interface PendingLogin {
  readonly actor: ActingUser;
  readonly step: LoginStep;
}

const identities = new WeakMap<object, Identity>();
const pendingLogins = new WeakMap<object, PendingLogin>();

export function identify(request: object, identity: Identity): void {
  identities.set(request, identity);
}
export function identityOf(request: object): Identity | undefined {
  return identities.get(request);
}

export function identifyPending(request: object, pending: PendingLogin): void {
  pendingLogins.set(request, pending);
}
/** The pending login of a request without an identity. */
export function pendingLoginOf(request: object): PendingLogin | undefined {
  return pendingLogins.get(request);
}

function current(context: ExecutionContext): Identity {
  const identity = identityOf(context.switchToHttp().getRequest<object>());
  if (!identity) throw new NotLoggedIn();
  return identity;
}

/** Who makes the request: `@CurrentActor() actor: Actor`. */
export const CurrentActor = createParamDecorator(
  (_: unknown, context: ExecutionContext): Actor => current(context).actor,
);

/** The user and the credential of the request: `@CurrentIdentity() identity: Identity`. */
export const CurrentIdentity = createParamDecorator((_: unknown, context: ExecutionContext) => current(context));

/** Whose second factors the request changes: the user's, or those of the user whose login lacks one. */
export const FactorOwner = createParamDecorator(
  (_: unknown, context: ExecutionContext): Actor =>
    pendingLoginOf(context.switchToHttp().getRequest<object>())?.actor ?? current(context).actor,
);
