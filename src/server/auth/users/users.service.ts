import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { newUser, pageQuery, profileChange, userChange } from '../../../protocol/api';
import { shownText } from '../../../protocol/shown-text';
import type { Page } from '../../database/page';
import type { AccountEventFacts } from '../account-mails/account-mail.entity';
import { AccountMails } from '../account-mails/account-mails.service';
import { PROVIDER, type ActingUser, type Actor } from '../actor';
import { AccessEvents } from '../access-events';
import { AuditService } from '../audit/audit.service';
import { LastAdmin, NotAnAdministrator, UnknownUser, UserExists, WrongPassword } from '../auth.errors';
import { CONFIG, type Config } from '../../config/config';
import { refuseGuessable } from './password-policy';
import { makeDecoyHash, Passwords } from './passwords';
import type { UserEntity } from './user.entity';
import { UsersRepository, type UsersInTransaction } from './users.repository';

type Change = z.infer<typeof userChange>;

const NEW_PASSWORD = 'the password of the user was changed';

const actorOf = ({ id, username, displayName, role }: UserEntity): ActingUser => ({
  userId: id,
  username,
  // entered before the rule for such texts, perhaps
  displayName: shownText(displayName) || username,
  role,
});

/** Undefined for an unknown or deactivated user. */
export const activeActor = (user: UserEntity | null): ActingUser | undefined =>
  user?.active ? actorOf(user) : undefined;

/** User accounts. */
@Injectable()
export class UsersService {
  constructor(
    private readonly repository: UsersRepository,
    private readonly passwords: Passwords,
    private readonly audit: AuditService,
    private readonly access: AccessEvents,
    private readonly mails: AccountMails,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  page(query: z.infer<typeof pageQuery>): Promise<Page<UserEntity>> {
    return this.repository.page(query);
  }

  /** @throws UnknownUser */
  async get(id: string): Promise<UserEntity> {
    const user = await this.repository.find(id);
    if (!user) throw new UnknownUser();
    return user;
  }

  /** @throws UnknownUser */
  async getByName(username: string): Promise<UserEntity> {
    const user = await this.repository.findByUsername(username);
    if (!user) throw new UnknownUser();
    return user;
  }

  /** @param subject of a user at the provider of single sign-on */
  bySubject(issuer: string, subject: string): Promise<UserEntity | null> {
    return this.repository.findBySubject(issuer, subject);
  }

  /**
   * The first login of a user by single sign-on.
   * @returns the user; `other-login`: that user logs in by other means, or is another one at the provider; undefined: there is none
   */
  async bindSubject(
    username: string,
    issuer: string,
    subject: string,
  ): Promise<UserEntity | 'other-login' | undefined> {
    const bound = await this.repository.bindSubject(username, issuer, subject);
    const user = await this.repository.findByUsername(username);
    if (user && !bound) return 'other-login';
    if (user) await this.audit.record(PROVIDER, 'user.bound', username);
    return user ?? undefined;
  }

  /** The active administrators. */
  administrators(): Promise<UserEntity[]> {
    return this.repository.activeAdministrators();
  }

  /** Undefined for an unknown or deactivated user. */
  async actor(id: string): Promise<ActingUser | undefined> {
    return activeActor(await this.repository.find(id));
  }

  /**
   * S102. Takes the same path, and the same time, for an unknown user as for a wrong password.
   * @param isFirst whether it is checked before others that wait
   * @returns `actor`: undefined if the login is refused; `known`: whether the user ID exists
   */
  async verify(
    username: string,
    password: string,
    isFirst: boolean,
  ): Promise<{ actor: ActingUser | undefined; known: boolean }> {
    const user = await this.repository.findByUsername(username);
    const right = await this.passwords.verify(password, user?.passwordHash, isFirst);
    const permitted = user && user.active && right && this.logsInByPassword(user);
    return { actor: permitted ? actorOf(user) : undefined, known: user !== null };
  }

  /**
   * @param options `emergency`: logs in with the password also where all others log in by single sign-on
   * @throws UserExists, GuessablePassword
   */
  async create(
    actor: Actor,
    { password, login, ...fields }: z.infer<typeof newUser>,
    { emergency } = { emergency: false },
  ): Promise<UserEntity> {
    if (password !== undefined) refuseGuessable(password, fields.username, 'password');
    const passwordHash = password === undefined ? makeDecoyHash() : await this.passwords.hash(password);
    const own = { email: null, language: null, administratorId: null, issuer: null, subject: null };
    const made = { id: randomUUID(), active: true, passwordHash, createdAt: new Date() };
    const user: UserEntity = { ...fields, ...own, ...made, login: emergency ? 'emergency' : (login ?? 'password') };
    if (!(await this.repository.insert(user))) throw new UserExists(fields.username);
    const how = user.login === 'password' ? user.role : `${user.role}, ${user.login}`;
    await this.audit.record(actor, 'user.created', user.username, how);
    return user;
  }

  /**
   * A new password or a deactivation ends all logins of the user. A user who stops being an active administrator is
   * removed as the administrator of others.
   * @throws UnknownUser, LastAdmin, NotAnAdministrator, GuessablePassword
   */
  async change(actor: Actor, id: string, { password, ...fields }: Change): Promise<UserEntity> {
    const before = await this.get(id);
    if (password !== undefined) refuseGuessable(password, before.username, 'password');
    const passwordHash =
      fields.login === 'oidc'
        ? makeDecoyHash()
        : password === undefined
          ? undefined
          : await this.passwords.hash(password);
    const changed = await this.repository.changing((users) => apply(users, id, fields, passwordHash));
    const words = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    await this.audit.record(
      actor,
      'user.changed',
      changed.username,
      [...words, ...(password ? ['password'] : [])].join(' '),
    );
    if (!changed.active) this.access.publish('revoked', { userId: id, jobs: true, detail: 'the user was deactivated' });
    else if (passwordHash) this.access.publish('revoked', { userId: id, jobs: false, detail: NEW_PASSWORD });
    if (fields.role) this.access.publish('narrowed', id);
    const by = actor.userId === id ? {} : { by: actor.username };
    if (fields.login) await this.mails.tell(id, 'single-sign-on-set', by);
    else if (passwordHash) await this.mails.tell(id, 'password-set', by);
    await this.tellFormerAddress(before, changed, by);
    return changed;
  }

  /** Whether a password, or a passkey in its place, is enough for this user. */
  logsInByPassword({ login }: UserEntity): boolean {
    return login === 'emergency' || (login === 'password' && this.config.login.local);
  }

  /** A change that a user makes to their own account. @throws UnknownUser */
  async changeProfile(actor: Actor, fields: z.infer<typeof profileChange>): Promise<UserEntity> {
    const before = await this.get(actor.userId);
    const changed = await this.repository.changing((users) => apply(users, actor.userId, fields, undefined));
    await this.audit.record(actor, 'profile.changed', changed.username, Object.keys(fields).join(' '));
    await this.tellFormerAddress(before, changed, {});
    return changed;
  }

  /**
   * A user's own new password. Ends all their logins, including that of this request.
   * @throws UnknownUser, WrongPassword, GuessablePassword
   */
  async changePassword(actor: Actor, current: string, next: string): Promise<void> {
    const { actor: right } = await this.verify(actor.username, current, true);
    if (right?.userId !== actor.userId) throw new WrongPassword();
    refuseGuessable(next, actor.username, 'next');
    const passwordHash = await this.passwords.hash(next);
    await this.repository.changing((users) => apply(users, actor.userId, {}, passwordHash));
    await this.audit.record(actor, 'password.changed', actor.username);
    this.access.publish('revoked', { userId: actor.userId, jobs: false, detail: NEW_PASSWORD });
    await this.mails.tell(actor.userId, 'password-changed');
  }

  private async tellFormerAddress(before: UserEntity, after: UserEntity, facts: AccountEventFacts): Promise<void> {
    if (before.email !== null && before.email !== after.email)
      await this.mails.tell(after.id, 'address-changed', facts, before.email);
  }
}

async function apply(
  users: UsersInTransaction,
  id: string,
  fields: Omit<Change, 'password'> & z.infer<typeof profileChange>,
  passwordHash: string | undefined,
): Promise<UserEntity> {
  const user = await users.find(id);
  if (!user) throw new UnknownUser();
  if (fields.administratorId && !(await mayBeAdministratorOf(users, id, fields.administratorId)))
    throw new NotAnAdministrator();
  const wasAdmin = isActiveAdmin(user);
  Object.assign(user, fields, passwordHash && { passwordHash });
  // a password ends single sign-on, and a user who is given single sign-on is bound at the next login there
  if (passwordHash && !fields.login && user.login === 'oidc') user.login = 'password';
  if (passwordHash && user.login !== 'emergency') Object.assign(user, { issuer: null, subject: null });
  await users.save(user);
  if (wasAdmin && (await users.activeAdmins()) === 0) throw new LastAdmin();
  if (wasAdmin && !isActiveAdmin(user)) await users.clearAdministrator(id);
  if (passwordHash || !user.active) await users.endLogins(id);
  return user;
}

const isActiveAdmin = ({ active, role }: UserEntity): boolean => active && role === 'admin';

async function mayBeAdministratorOf(users: UsersInTransaction, id: string, administratorId: string): Promise<boolean> {
  const administrator = administratorId === id ? null : await users.find(administratorId);
  return administrator !== null && isActiveAdmin(administrator);
}
