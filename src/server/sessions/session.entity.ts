import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AskerKind } from '../../protocol/asker';
import type { Denial } from '../../protocol/access-conditions';
import type { SignedRecord } from '../../protocol/approval-record';
import type { ConnectionInfo } from '../../protocol/control-channel';
import type { RelayChoice } from '../../protocol/relay-choice';
import type { Ending, Grant, Half, HalfState, SessionState } from '../../protocol/remote-session';
import { Hash, Instant, Int64, Json, Uuid } from '../database/column-types';
import { Encrypted } from '../database/encrypted-column';

/** An approval record as the agent sent it, and the key that was pinned at that time. */
export interface KeptRecord extends SignedRecord {
  readonly key: string;
}

/** The state of one half according to the relay's reports. */
export const halfStateOf = (session: SessionEntity, half: Half): HalfState =>
  half === 'device' ? session.deviceHalf : session.terminalHalf;

/** A remote session. Names are copied, so that its history outlives users and devices. */
@Entity('remote_sessions')
@Index('ix_remote_sessions_requested', ['requestedAt'])
@Index('ix_remote_sessions_agent', ['agentId', 'openPair'])
export class SessionEntity {
  @PrimaryColumn(Uuid()) id: string;

  /** Whether `userId` names a user or an external client. */
  @Column({ type: 'varchar', length: 8, default: 'user' }) askerKind: AskerKind;
  @Index('ix_remote_sessions_user') @Column(Uuid()) userId: string;
  @Column({ type: 'varchar', length: 64 }) username: string;
  @Column({ type: 'varchar', length: 100 }) displayName: string;
  @Index('ix_remote_sessions_device') @Column({ type: 'varchar', length: 64 }) deviceId: string;
  @Column({ type: 'varchar', length: 100 }) deviceName: string;
  @Column({ type: 'varchar', length: 64 }) agentId: string;
  /** The API token that it was requested with. */
  @Column(Uuid({ nullable: true })) apiTokenId: string | null;
  /** The site of the agent at the time of the request; null if it had none. */
  @Index('ix_remote_sessions_site') @Column(Uuid({ nullable: true })) siteId: string | null;
  @Column({ type: 'varchar', length: 64 }) applicationId: string;
  @Column({ type: 'varchar', length: 500 }) reason: string;
  @Column({ type: 'integer' }) minutes: number;
  /** The approved grant; null before the approval. */
  @Column({ type: 'varchar', length: 16, nullable: true }) grant: Grant | null;

  /**
   * Device and user while the session is open, null afterwards. Its unique index permits one open session of a user
   * with a device (E15).
   */
  @Index('ux_remote_sessions_pair', { unique: true })
  @Column({ type: 'varchar', length: 140, nullable: true })
  openPair: string | null;

  @Column({ type: 'varchar', length: 32 }) state: SessionState;
  /** End of this state's wait. */
  @Index('ix_remote_sessions_deadline') @Column(Instant({ nullable: true })) deadlineAt: Date | null;
  @Column({ type: 'varchar', length: 32, nullable: true }) ending: Ending | null;
  /** The reason class of the ending `denied`. */
  @Column({ type: 'varchar', length: 32, nullable: true }) denial: Denial | null;
  @Column({ type: 'varchar', length: 500, default: '' }) detail: string;
  /** null before the answer, and if the agent has no signing key. */
  @Column(Json({ nullable: true })) approvalRecord: KeptRecord | null;

  @Column(Instant()) requestedAt: Date;
  @Column(Instant({ nullable: true })) approvedAt: Date | null;
  @Column(Instant({ nullable: true })) establishedAt: Date | null;
  @Column(Instant({ nullable: true })) endedAt: Date | null;
  /** The end of the token's valid duration (S148). */
  @Column(Instant({ nullable: true })) validUntil: Date | null;

  @Column({ type: 'varchar', length: 64, nullable: true }) relayId: string | null;
  @Index('ux_remote_sessions_link', { unique: true }) @Column(Uuid({ nullable: true })) linkId: string | null;
  /** Why it got that relay; null before, and of sessions that earlier releases have prepared. */
  @Column(Json({ nullable: true })) relayChoice: RelayChoice | null;
  /** base64url SHA-256 of each side's token. */
  @Column(Hash({ nullable: true })) deviceTokenHash: string | null;
  @Column(Hash({ nullable: true })) terminalTokenHash: string | null;
  /** Stored, encrypted, until the terminal has connected, because the terminal may poll for it again. */
  @Column(Encrypted<ConnectionInfo>({ nullable: true })) terminalConnection: ConnectionInfo | null;

  @Column({ type: 'varchar', length: 16, default: 'waiting' }) deviceHalf: HalfState;
  @Column({ type: 'varchar', length: 16, default: 'waiting' }) terminalHalf: HalfState;
  @Column(Int64({ default: 0 })) bytesFromDevice: number;
  @Column(Int64({ default: 0 })) bytesFromTerminal: number;
}
