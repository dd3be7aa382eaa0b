import type { Role } from '../../protocol/api';

/** Who acts: the first argument of every service method that acts for somebody. */
export interface Actor {
  readonly userId: string;
  readonly username: string;
  readonly displayName: string;
  readonly role: Role;
}

/**
 * The person at the server's own command line. The parentheses keep the name apart from every user ID, the nil UUID
 * (RFC 9562 5.9) from every user.
 */
export const COMMAND_LINE: Actor = {
  userId: '00000000-0000-0000-0000-000000000000',
  username: '(command line)',
  displayName: '(command line)',
  role: 'admin',
};
