import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ClientLimits, ClientScope } from '../../../protocol/external-clients';
import type { ActingClient } from '../actor';
import { Hash, Instant, Json, Uuid } from '../../database/column-types';

/** An external client. It is never deleted, because sessions, jobs and the audit trail name it. */
@Entity('external_clients')
export class ExternalClientEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Index('ux_external_clients_name', { unique: true }) @Column({ type: 'varchar', length: 50 }) name: string;
  @Column(Hash()) secretHash: string;
  /** The secret before the last rotation, and until when it works. */
  @Column(Hash({ nullable: true })) previousSecretHash: string | null;
  @Column(Instant({ nullable: true })) previousSecretUntil: Date | null;
  @Column(Json()) scopes: ClientScope[];
  @Column(Json()) limits: ClientLimits;
  @Column({ type: 'integer' }) requestsPerMinute: number;
  /** false: deactivated by an administrator, for a time. */
  @Column({ type: 'boolean', default: true }) active: boolean;
  @Column(Instant({ nullable: true })) expiresAt: Date | null;
  @Column(Instant()) createdAt: Date;
  /** Display name of the administrator. */
  @Column({ type: 'varchar', length: 100 }) createdBy: string;
  @Column(Instant({ nullable: true })) lastUsedAt: Date | null;
  @Column(Instant({ nullable: true })) revokedAt: Date | null;
}

/** @param token with which the client makes a request; undefined for all that it may do */
export const actorOf = (
  client: ExternalClientEntity,
  token?: { readonly id: string; readonly scopes: readonly ClientScope[] },
): ActingClient => ({
  userId: client.id,
  username: `(client) ${client.name}`,
  displayName: client.name,
  role: 'client',
  client: {
    scopes: new Set((token ?? client).scopes.filter((scope) => client.scopes.includes(scope))),
    limits: client.limits,
    requestsPerMinute: client.requestsPerMinute,
    accessTokenId: token?.id,
  },
});

/** As the audit trail names it where it is the target. */
export const targetOf = ({ name, id }: ExternalClientEntity): string => `${name} (${id})`;

/** Whether the client may be used at this time. */
export const isInForce = ({ revokedAt, active, expiresAt }: ExternalClientEntity, now: Date): boolean =>
  revokedAt === null && active && (expiresAt === null || expiresAt > now);
