import type { Role } from '../../protocol/api';
import type { ClientLimits, ClientScope } from '../../protocol/external-clients';

/** Who makes a request: the first argument of every service method that acts for somebody. */
export type Actor = ActingUser | ActingClient;

interface Identified {
  /** ID of the user or of the external client; no two of them have the same. */
  readonly userId: string;
  /** In the audit trail. Usernames contain no parentheses, so a client's `(client) <name>` is never a user's. */
  readonly username: string;
  readonly displayName: string;
  /** The API token of this request; undefined with a login. */
  readonly apiTokenId?: string;
}

export interface ActingUser extends Identified {
  readonly role: Role;
  readonly client?: undefined;
}

/** An external client. It has no role: what it may do is what its scopes open, within its limits. */
export interface ActingClient extends Identified {
  readonly role: 'client';
  readonly client: {
    /** What both the client and the access token of this request cover. */
    readonly scopes: ReadonlySet<ClientScope>;
    readonly limits: ClientLimits;
    readonly requestsPerMinute: number;
    /** Of this request. */
    readonly accessTokenId?: string;
  };
}

/**
 * The user of the server's command line. No username can contain parentheses, and no user has the nil UUID
 * (RFC 9562 5.9).
 */
export const COMMAND_LINE: ActingUser = {
  userId: '00000000-0000-0000-0000-000000000000',
  username: '(command line)',
  displayName: '(command line)',
  role: 'admin',
};

/** Changes of accounts that follow from the groups at the provider of single sign-on. */
export const PROVIDER: ActingUser = { ...COMMAND_LINE, username: '(single sign-on)', displayName: '(single sign-on)' };
