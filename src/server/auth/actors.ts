import { Injectable } from '@nestjs/common';
import type { AskerKind } from '../../protocol/asker';
import type { Actor } from './actor';
import { ExternalClientsService } from './clients/external-clients.service';
import { UsersService } from './users/users.service';

/** The users and external clients who requested sessions and jobs. */
@Injectable()
export class Actors {
  constructor(
    private readonly users: UsersService,
    private readonly clients: ExternalClientsService,
  ) {}

  /** The requester as they are now; undefined for a deactivated user, and for a revoked or expired client. */
  requesterOf({ askerKind, userId }: { askerKind: AskerKind; userId: string }): Promise<Actor | undefined> {
    return askerKind === 'client' ? this.clients.actor(userId) : this.users.actor(userId);
  }
}
