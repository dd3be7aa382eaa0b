import { Injectable } from '@nestjs/common';
import { TypedEvents } from '../events/typed-events';

/** Access that has ended: all of a user's or an external client's, or what was requested with one API token. */
export interface Revocation {
  /** ID of the user or the external client. */
  readonly userId: string;
  readonly apiTokenId?: string;
  /** Whether jobs that have not started are withdrawn, too; not after a new password, whose user may still request them. */
  readonly jobs: boolean;
  /** For the log of each session that ends. */
  readonly detail: string;
}

/**
 * `revoked`: published after the change is stored, so that no new request gets past it. `narrowed`: the role of a user,
 * or scopes, limits or expiry of an external client were changed; the payload is the ID. `logged-out`: a browser's login of
 * this user has ended; what was requested with it stays open.
 */
@Injectable()
export class AccessEvents extends TypedEvents<{
  revoked: Revocation;
  narrowed: string;
  'logged-out': string;
}> {}
