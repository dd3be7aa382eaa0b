import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail, type ThrottlerRequest } from '@nestjs/throttler';
import { THROTTLER_LIMIT } from '@nestjs/throttler/dist/throttler.constants';
import type { Request } from 'express';
import { TooManyRequests } from '../../http/http.errors';
import { networkOf } from '../../../tunnel/network-of';
import { LoginBrowser } from '../login/login-browser';
import { identityOf } from './identity';

/**
 * Limits the requests of each user and external client, and of each network without a login; a browser that logs in to an
 * account that it has logged in to before is counted separately, so that others behind its address do not hold it out. A client may have a lower
 * limit. A route with its own `@Throttle` is counted separately, all others together, so that frequent polling does not
 * prevent a login.
 */
@Injectable()
export class RequestThrottleGuard extends ThrottlerGuard {
  @Inject() private readonly browsers: LoginBrowser;

  protected override getTracker(request: Request): Promise<string> {
    const actor = identityOf(request)?.actor;
    if (actor) return Promise.resolve(actor.userId);
    const { username } = (request.body ?? {}) as { username?: unknown };
    const browser = typeof username === 'string' ? this.browsers.of(request, username) : undefined;
    return Promise.resolve(browser === undefined ? networkOf(request.ip ?? '') : `browser ${browser}`);
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
