import { Injectable, SetMetadata, type CanActivate, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Role } from '../../../protocol/api';
import { Forbidden, NotLoggedIn } from '../auth.errors';
import { identityOf } from './identity';

const ACCESS = 'platen:access';
type Access = Role | 'public';

/**
 * The role a route needs, on the method or on the whole controller; an administrator may do what a technician may.
 * A route without it needs a login of any role.
 */
export const Permit = (role: Role): CustomDecorator => SetMetadata(ACCESS, role satisfies Access);

/** A route that needs no login. */
export const Public = (): CustomDecorator => SetMetadata(ACCESS, 'public' satisfies Access);

/** Enforces `@Permit` and `@Public`. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === 'public') return true;
    const identity = identityOf(context.switchToHttp().getRequest<object>());
    if (!identity) throw new NotLoggedIn();
    if (access === 'admin' && identity.actor.role !== 'admin') throw new Forbidden(access);
    return true;
  }
}
