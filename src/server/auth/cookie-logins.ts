import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { SECRETS, type Secrets } from '../config/secrets';
import type { Actor } from './actor';
import { loginCookieName } from './cookie';
import { CookieSessionStore } from './cookie-session.store';
import { UsersService } from './users.service';

/**
 * Finds the login behind a cookie where no middleware runs, as at a WebSocket, or for longer than one request.
 */
@Injectable()
export class CookieLogins {
  constructor(
    private readonly store: CookieSessionStore,
    private readonly users: UsersService,
    @Inject(SECRETS) private readonly secrets: Secrets,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * @returns a question that can be asked again and again: who is logged in with the cookie of this request; undefined
   * when nobody is (any more), or the user has been deactivated
   */
  of(request: IncomingMessage): () => Promise<Actor | undefined> {
    const sessionId = this.sessionIdOf(request.headers.cookie ?? '', loginCookieName(this.isSecure(request)));
    return async () => {
      const userId = sessionId && (await this.store.userOf(sessionId));
      return userId ? await this.users.actor(userId) : undefined;
    };
  }

  private isSecure({ socket, headers }: IncomingMessage): boolean {
    const forwarded = this.config.http.trustProxy ? String(headers['x-forwarded-proto'] ?? '') : '';
    return socket instanceof TLSSocket || forwarded.split(',')[0]?.trim() === 'https';
  }

  /** express-session writes `s:<session ID>.<HMAC-SHA-256 of it, base64 without padding>`. */
  private sessionIdOf(header: string, name: string): string | undefined {
    const pairs = header.split(';').map((pair) => pair.trim());
    const value = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
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
