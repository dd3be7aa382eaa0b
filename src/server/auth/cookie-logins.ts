import { createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SECRETS, type Secrets } from '../config/secrets';
import type { Actor } from './actor';
import { SESSION_COOKIE } from './cookie';
import { CookieSessionStore } from './cookie-session.store';
import { UsersService } from './users.service';

/**
 * Finds the login behind a cookie where no middleware runs: at a WebSocket. Asked again it says whether the login is
 * still good.
 */
@Injectable()
export class CookieLogins {
  constructor(
    private readonly store: CookieSessionStore,
    private readonly users: UsersService,
    @Inject(SECRETS) private readonly secrets: Secrets,
  ) {}

  /**
   * @param header `Cookie` of the request
   * @returns undefined when nobody is logged in with it (any more), or the user has been deactivated
   */
  async actor(header: string | undefined): Promise<Actor | undefined> {
    const sessionId = this.sessionIdOf(header ?? '');
    const userId = sessionId && (await this.store.userOf(sessionId));
    return userId ? await this.users.actor(userId) : undefined;
  }

  /** express-session writes `s:<session ID>.<HMAC-SHA-256 of it, base64 without padding>`. */
  private sessionIdOf(header: string): string | undefined {
    const pairs = header.split(';').map((pair) => pair.trim());
    const value = pairs.find((pair) => pair.startsWith(`${SESSION_COOKIE}=`))?.slice(SESSION_COOKIE.length + 1);
    const [, sessionId, signature] = /^s:([\w-]+)\.([\w+/]+)$/.exec(decoded(value ?? '')) ?? [];
    if (!sessionId || !signature) return undefined;
    const expected = createHmac('sha256', this.secrets.cookieSecret).update(sessionId).digest();
    const shown = Buffer.from(signature, 'base64');
    return shown.length === expected.length && timingSafeEqual(shown, expected) ? sessionId : undefined;
  }
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}
