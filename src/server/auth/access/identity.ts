import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Actor } from '../actor';
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
}

const identities = new WeakMap<object, Identity>();

export function identify(request: object, identity: Identity): void {
  identities.set(request, identity);
}
export function identityOf(request: object): Identity | undefined {
  return identities.get(request);
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
