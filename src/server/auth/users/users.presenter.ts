import type { User } from '../../../protocol/api';
import { toInstant } from '../../../protocol/names';
import type { UserEntity } from './user.entity';

/** A user as the API shows one. */
export const presentedUser = (user: UserEntity): User => ({
  id: user.id,
  username: user.username,
  displayName: user.displayName,
  role: user.role,
  active: user.active,
  createdAt: toInstant(user.createdAt),
  email: user.email,
  language: user.language,
  administratorId: user.administratorId,
  login: user.login,
});
