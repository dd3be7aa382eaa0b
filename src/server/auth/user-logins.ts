import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import { ApiTokensRepository } from './api-tokens.repository';
import { CookieSessionStore } from './cookie-session.store';

/** Whether a user is logged in at this moment, in whatever way ([0152]). */
@Injectable()
export class UserLogins {
  constructor(
    private readonly cookies: CookieSessionStore,
    private readonly tokens: ApiTokensRepository,
  ) {}

  /** A browser's login holds until it ends; a program has none, so what counts is that it has asked lately. */
  async isLoggedIn(userId: string, now = new Date()): Promise<boolean> {
    const lately = new Date(now.getTime() - LIMITS.API_TOKEN_LOGGED_IN_MS);
    return (await this.cookies.hasLoginOf(userId, now)) || (await this.tokens.usedSince(userId, lately, now));
  }
}
