import type { Role } from '../../protocol/api';

/** The authenticated user of a request: the first argument of every service method that acts for one. */
export interface Actor {
  readonly userId: string;
  readonly username: string;
  readonly displayName: string;
  readonly role: Role;
}

/**
 * The user of the server's command line. No username can contain parentheses, and no user has the nil UUID
 * (RFC 9562 5.9).
 */
export const COMMAND_LINE: Actor = {
  userId: '00000000-0000-0000-0000-000000000000',
  username: '(command line)',
  displayName: '(command line)',
  role: 'admin',
};
