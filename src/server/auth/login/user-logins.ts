import { Injectable } from '@nestjs/common';
import { AccessEvents } from '../access-events';
import { AccountMails } from '../account-mails/account-mails.service';
import type { Actor } from '../actor';
import { AuditService } from '../audit/audit.service';
import { UnknownLogin } from '../auth.errors';
import { UsersService } from '../users/users.service';
import { CookieSessionStore, type KnownLogin } from './cookie-session.store';

/** The browsers in which a user is logged in. */
@Injectable()
export class UserLogins {
  constructor(
    private readonly store: CookieSessionStore,
    private readonly users: UsersService,
    private readonly audit: AuditService,
    private readonly access: AccessEvents,
    private readonly mails: AccountMails,
  ) {}

  /** Newest first. @throws UnknownUser */
  async list(userId: string): Promise<KnownLogin[]> {
    await this.users.get(userId);
    return this.store.loginsOf(userId, new Date());
  }

  /** @throws UnknownUser, UnknownLogin, also for a login of another user */
  async end(actor: Actor, userId: string, id: string): Promise<void> {
    const { username } = await this.users.get(userId);
    if ((await this.store.endLogins(userId, { only: id })) === 0) throw new UnknownLogin();
    await this.ended(actor, userId, username, 'in another browser');
  }

  /** @param kept ID of the login that stays; undefined: none does @throws UnknownUser */
  async endAll(actor: Actor, userId: string, kept?: string): Promise<void> {
    const { username } = await this.users.get(userId);
    if ((await this.store.endLogins(userId, { except: kept })) === 0) return;
    await this.ended(actor, userId, username, kept ? 'in all other browsers' : 'in all browsers');
  }

  private async ended(actor: Actor, userId: string, username: string, where: string): Promise<void> {
    this.access.publish('logged-out', userId);
    await this.audit.record(actor, 'login.ended', username, where);
    if (actor.userId !== userId) await this.mails.tell(userId, 'logins-ended', { by: actor.username });
  }
}
