import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, IsNull, Repository } from 'typeorm';
import { readPage, type Page, type PageQuery } from '../../database/page';
import { ApiTokenEntity } from '../tokens/api-token.entity';
import { CookieSessionEntity } from '../login/cookie-session.entity';
import { UserEntity } from './user.entity';

/** Users inside one transaction. */
export interface UsersInTransaction {
  find(id: string): Promise<UserEntity | null>;
  save(user: UserEntity): Promise<void>;
  activeAdmins(): Promise<number>;
  endLogins(userId: string): Promise<void>;
  /** Removes this user as the administrator of all others. */
  clearAdministrator(userId: string): Promise<void>;
}

@Injectable()
export class UsersRepository {
  constructor(@InjectRepository(UserEntity) private readonly users: Repository<UserEntity>) {}

  find(id: string): Promise<UserEntity | null> {
    return this.users.findOneBy({ id });
  }
  findByUsername(username: string): Promise<UserEntity | null> {
    return this.users.findOneBy({ username });
  }
  findBySubject(issuer: string, subject: string): Promise<UserEntity | null> {
    return this.users.findOneBy({ issuer, subject });
  }
  /** Binds a user who logs in by single sign-on, and has not done so yet. @returns false if there is none */
  async bindSubject(username: string, issuer: string, subject: string): Promise<boolean> {
    const unbound = { username, login: 'oidc', subject: IsNull() } as const;
    const { affected } = await this.users.update(unbound, { issuer, subject });
    return affected === 1;
  }
  activeAdministrators(): Promise<UserEntity[]> {
    return this.users.findBy({ role: 'admin', active: true });
  }
  page(query: PageQuery): Promise<Page<UserEntity>> {
    return readPage(this.users.createQueryBuilder('u'), ['username'], 'ASC', query);
  }

  /** @returns false if the username is taken */
  async insert(user: UserEntity): Promise<boolean> {
    try {
      await this.users.insert(user);
      return true;
    } catch (error) {
      if (await this.users.existsBy({ username: user.username })) return false;
      throw error;
    }
  }

  /** Changes run one at a time, so that two administrators cannot demote each other at the same moment. */
  changing<Result>(work: (users: UsersInTransaction) => Promise<Result>): Promise<Result> {
    return this.users.manager.transaction(async (manager) => {
      // changes nothing but locks the rows, in both databases
      await manager.update(UserEntity, { role: 'admin' }, { role: 'admin' });
      return work(inTransaction(manager));
    });
  }
}

const inTransaction = (manager: EntityManager): UsersInTransaction => ({
  find: (id) => manager.findOneBy(UserEntity, { id }),
  save: async (user) => void (await manager.save(UserEntity, user)),
  activeAdmins: () => manager.countBy(UserEntity, { role: 'admin', active: true }),
  endLogins: async (userId) => {
    await manager.delete(CookieSessionEntity, { userId });
    await manager.delete(ApiTokenEntity, { userId });
  },
  clearAdministrator: async (userId) => {
    await manager.update(UserEntity, { administratorId: userId }, { administratorId: null });
  },
});
