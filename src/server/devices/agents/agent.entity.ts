import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { WakeAddress } from '../../../protocol/control-channel';
import { Hash, Instant, Json, Uuid } from '../../database/column-types';
import { Encrypted } from '../../database/encrypted-column';

/** SCRAM keys as stored: base64 strings instead of buffers (RFC 5802: salted, never the password). */
export interface StoredScramKeys {
  salt: string;
  iterations: number;
  storedKey: string;
  serverKey: string;
}

/** Wakes an agent: the address where it listens, and 32 bytes in base64url that seal what a substitute carries. */
export interface AgentWakeKey {
  readonly address: WakeAddress;
  readonly key: string;
}

/** A device agent's account on the control channel. */
@Entity('agents')
@Index('ix_agents_last_seen', ['lastSeenAt'])
export class AgentEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string;
  @Column(Json()) scramSha1: StoredScramKeys;
  @Column(Json()) scramSha256: StoredScramKeys;
  @Column({ type: 'varchar', length: 40, default: '' }) version: string;
  @Column(Instant()) createdAt: Date;
  @Column(Instant({ nullable: true })) lastSeenAt: Date | null;
  /** From its enrolment code; null: only administrators see its devices. */
  @Index('ix_agents_site') @Column(Uuid({ nullable: true })) siteId: string | null;
  /** IDs or prefixes (`hall-*`) of the devices that it may announce; null: none, as for an empty list. */
  @Column(Json({ nullable: true })) deviceIds: string[] | null;
  /** The installation that the account belongs to; null: the next one that logs in. */
  @Column(Uuid({ nullable: true })) installationId: string | null;
  /** Of the continuation that this installation has to present at its next login. */
  @Column(Hash({ nullable: true })) continuationHash: string | null;
  /** Of its last announcement; null: the next one is compared with all that is stored. */
  @Column(Hash({ nullable: true })) announcementHash: string | null;
  /** Set while the agent saves power and has therefore ended its stream. */
  @Column(Instant({ nullable: true })) asleepSince: Date | null;
  /** Verifies its approval records; null: enrolled by a version without signing keys. */
  @Column(Hash({ nullable: true })) signingKey: string | null;
  /** Of the next key of the control channel that it has stored. */
  @Column(Hash({ nullable: true })) nextPin: string | null;
  @Column(Encrypted<AgentWakeKey | null>({ nullable: true })) wake: AgentWakeKey | null;
}

/** For the audit trail. */
export const shownDeviceIds = (deviceIds: readonly string[]): string =>
  deviceIds.slice(0, 10).join(' ') + (deviceIds.length > 10 ? ' ...' : '');
