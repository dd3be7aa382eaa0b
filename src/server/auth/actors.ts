import { Injectable } from '@nestjs/common';
import type { AskerKind } from '../../protocol/asker';
import type { Actor } from './actor';
import { AccessTokensService } from './clients/access-tokens.service';
import { ExternalClientsService } from './clients/external-clients.service';
import { ApiTokensService } from './tokens/api-tokens.service';
import { UsersService } from './users/users.service';

/** The users and external clients who requested sessions and jobs. */
@Injectable()
export class Actors {
  constructor(
    private readonly users: UsersService,
    private readonly clients: ExternalClientsService,
    private readonly apiTokens: ApiTokensService,
    private readonly accessTokens: AccessTokensService,
  ) {}

  /** The requester as they are now; undefined for a deactivated user, and for a revoked or expired client. */
  requesterOf({ askerKind, userId }: { askerKind: AskerKind; userId: string }): Promise<Actor | undefined> {
    return askerKind === 'client' ? this.clients.actor(userId) : this.users.actor(userId);
  }

  /** Whether the requester is an external client that has expired. */
  async hasExpired({ askerKind, userId }: { askerKind: AskerKind; userId: string }): Promise<boolean> {
    return askerKind === 'client' && (await this.clients.hasExpired(userId));
  }

  /** Whether the token of a request has not been revoked while the request was being handled. */
  async keepsToken({ apiTokenId, client }: Actor): Promise<boolean> {
    if (client) return client.accessTokenId === undefined || (await this.accessTokens.exists(client.accessTokenId));
    return apiTokenId === undefined || (await this.apiTokens.exists(apiTokenId));
  }
}
