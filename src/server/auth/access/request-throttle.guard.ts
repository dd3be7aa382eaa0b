import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail, type ThrottlerRequest } from '@nestjs/throttler';
import { THROTTLER_LIMIT } from '@nestjs/throttler/dist/throttler.constants';
import type { Request } from 'express';
import { TooManyRequests } from '../../http/http.errors';
import { identityOf } from './identity';

/**
 * Limits the requests of each user and external client, and of each address without a login. A client may have a lower
 * limit. A route with its own `@Throttle` is counted separately, all others together, so that frequent polling does not
 * prevent a login.
 */
@Injectable()
export class RequestThrottleGuard extends ThrottlerGuard {
  protected override async getTracker(request: Request): Promise<string> {
    return identityOf(request)?.actor.userId ?? (await super.getTracker(request));
  }

  protected override handleRequest(props: ThrottlerRequest): Promise<boolean> {
    const client = identityOf(props.context.switchToHttp().getRequest<object>())?.actor.client;
    const limit = Math.min(props.limit, client?.requestsPerMinute ?? Infinity);
    return super.handleRequest({ ...props, limit });
  }

  protected override throwThrottlingException(
    context: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    const who = identityOf(context.switchToHttp().getRequest<object>())?.actor.username ?? 'This address';
    throw new TooManyRequests(`${who} has sent too many requests.`, timeToBlockExpire);
  }

  protected override generateKey(context: ExecutionContext, tracker: string, name: string): string {
    const own = this.reflector.getAllAndOverride<unknown>(THROTTLER_LIMIT + name, [
      context.getHandler(),
      context.getClass(),
    ]);
    return own === undefined ? `${name} ${tracker}` : super.generateKey(context, tracker, name);
  }
}
