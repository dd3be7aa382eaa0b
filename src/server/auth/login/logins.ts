import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '../../../protocol/limits';
import { proxyMatcher } from '../../../tunnel/reverse-proxies';
import { CONFIG, type Config } from '../../config/config';
import { SECRETS, type Secrets } from '../../config/secrets';
import type { Actor } from '../actor';
import { ApiTokensRepository } from '../tokens/api-tokens.repository';
import { UsersService } from '../users/users.service';
import { CookieSessionStore } from './cookie-session.store';
import { LoginCompleteness } from './login-completeness';
import { sessionIdIn } from './login-cookie';

/** Login checks outside an HTTP request: for a WebSocket that stays open, or for a given user. */
@Injectable()
export class Logins {
  private readonly isProxy: (address: string) => boolean;

  constructor(
    private readonly cookies: CookieSessionStore,
    private readonly tokens: ApiTokensRepository,
    private readonly users: UsersService,
    private readonly completeness: LoginCompleteness,
    @Inject(SECRETS) private readonly secrets: Secrets,
    @Inject(CONFIG) config: Config,
  ) {
    this.isProxy = proxyMatcher(config.http.proxies);
  }

  /**
   * @returns a query that can be repeated: the user who is logged in with the cookie of this request; undefined after a
   * logout, an expiry or a deactivation
   */
  ofCookie(request: IncomingMessage): () => Promise<Actor | undefined> {
    const header = request.headers.cookie ?? '';
    const sessionId = sessionIdIn(header, this.isSecure(request), this.secrets.cookieSecret);
    return async () => {
      const login = sessionId === undefined ? undefined : await this.cookies.loginOf(sessionId);
      const actor = login && (await this.users.actor(login.userId));
      return actor && this.completeness.has(actor, login.origin) ? actor : undefined;
    };
  }

  /**
   * Whether a user is logged in at this moment ([0152]). A browser's login holds until it ends; a program has no login,
   * so it counts for a while after each request.
   */
  async isLoggedIn(userId: string, now = new Date()): Promise<boolean> {
    const since = new Date(now.getTime() - LIMITS.API_TOKEN_LOGGED_IN_MS);
    return (await this.cookies.hasLoginOf(userId, now)) || (await this.tokens.usedSince(userId, since, now));
  }

  private isSecure({ socket, headers }: IncomingMessage): boolean {
    const forwarded = this.isProxy(socket.remoteAddress ?? '') ? String(headers['x-forwarded-proto'] ?? '') : '';
    return socket instanceof TLSSocket || forwarded.split(',')[0]?.trim() === 'https';
  }
}
