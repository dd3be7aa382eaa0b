import { randomUUID } from 'node:crypto';
import { dataSourceOptions } from '../../../ormconfig';
import type { Role } from '../../../src/protocol/api';
import { UserEntity } from '../../../src/server/auth/users/user.entity';
import type { Config } from '../../../src/server/config/config';
import { prepareDataFolder } from '../../../src/server/config/data-folder';
import { loadSecrets } from '../../../src/server/config/secrets';
import { openDatabase } from '../../../src/server/database/open-database';
import { cheapHash } from './cheap-hash';

interface SampleUser {
  readonly username: string;
  readonly displayName: string;
  readonly role: Role;
  readonly password: string;
}

/** A row of the table of users. */
export async function storedUser({ password, ...user }: SampleUser): Promise<UserEntity> {
  const passwordHash = await cheapHash(password);
  const own = { email: null, language: null, administratorId: null, issuer: null, subject: null };
  return { ...user, ...own, id: randomUUID(), active: true, passwordHash, createdAt: new Date(), login: 'password' };
}

/** Writes users into the database of a server that has not been started yet. */
export async function storeUsers(config: Config, users: readonly SampleUser[]): Promise<void> {
  prepareDataFolder(config.data);
  const database = await openDatabase(dataSourceOptions(config), loadSecrets(config));
  try {
    await database.getRepository(UserEntity).insert(await Promise.all(users.map(storedUser)));
  } finally {
    await database.destroy();
  }
}
