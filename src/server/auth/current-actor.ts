import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Actor } from './actor';
import { NotLoggedIn } from './auth.errors';
import { identityOf, type Identity } from './identity';

const current = (context: ExecutionContext): Identity => {
  const identity = identityOf(context.switchToHttp().getRequest<object>());
  if (!identity) throw new NotLoggedIn();
  return identity;
};

/** Who makes this request: `@CurrentActor() actor: Actor`. */
export const CurrentActor = createParamDecorator(
  (_: unknown, context: ExecutionContext): Actor => current(context).actor,
);

/** Who makes this request and how: `@CurrentIdentity() identity: Identity`. */
export const CurrentIdentity = createParamDecorator((_: unknown, context: ExecutionContext) => current(context));
