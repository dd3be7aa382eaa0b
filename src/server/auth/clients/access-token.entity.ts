import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ClientScope } from '../../../protocol/external-clients';
import { Hash, Instant, Json, Uuid } from '../../database/column-types';

/** An access token of an external client (RFC 6749 1.4). */
@Entity('access_tokens')
export class AccessTokenEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Index('ix_access_tokens_client') @Column(Uuid()) clientId: string;
  @Column(Hash()) secretHash: string;
  @Column(Json()) scopes: ClientScope[];
  @Column(Instant()) createdAt: Date;
  @Column(Instant()) expiresAt: Date;
}
