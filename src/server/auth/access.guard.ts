import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Forbidden, NotLoggedIn } from './auth.errors';
import { identityOf } from './identity';
import { ACCESS, type Access } from './permit';

/** Lets nobody in whom `@Permit` or `@Public` does not name; without either it takes a login. */
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
