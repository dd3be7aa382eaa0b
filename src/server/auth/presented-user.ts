import type { User } from '../../protocol/api';
import { toInstant } from '../../protocol/names';
import type { UserEntity } from './user.entity';

/** A user as the API shows one. */
export const presentedUser = ({ id, username, displayName, role, active, createdAt }: UserEntity): User => ({
  id,
  username,
  displayName,
  role,
  active,
  createdAt: toInstant(createdAt),
});
