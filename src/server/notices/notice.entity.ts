import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { MailState, NoticeKind } from '../../protocol/notice';
import { Instant, Uuid } from '../database/column-types';

/**
 * A message for one user, and the state of its e-mail. The facts are copied, so that it outlives the device. There is one
 * for each recipient, kind and session. One about an agent has no session, and its facts about one are empty.
 */
@Entity('notices')
@Index('ux_notices_once', ['recipientId', 'kind', 'remoteSessionId'], { unique: true })
@Index('ix_notices_recipient', ['recipientId', 'at'])
@Index('ix_notices_mail', ['mail', 'nextAttemptAt'])
@Index('ix_notices_agent', ['agentId', 'readAt'])
export class NoticeEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column(Uuid()) recipientId: string;
  @Column({ type: 'varchar', length: 32 }) kind: NoticeKind;
  @Column(Uuid({ nullable: true })) remoteSessionId: string | null;
  @Column({ type: 'varchar', length: 64, nullable: true }) agentId: string | null;
  @Index('ix_notices_at') @Column(Instant()) at: Date;

  @Column({ type: 'varchar', length: 64 }) deviceId: string;
  @Column({ type: 'varchar', length: 100 }) deviceName: string;
  @Column({ type: 'varchar', length: 64 }) applicationId: string;
  /** Of the session. */
  @Column(Uuid({ nullable: true })) siteId: string | null;
  @Column({ type: 'varchar', length: 100 }) userName: string;
  @Column(Instant({ nullable: true })) readAt: Date | null;

  @Column({ type: 'varchar', length: 16 }) mail: MailState;
  @Column({ type: 'integer', default: 0 }) attempts: number;
  /** When the next attempt is due; null if there is none. */
  @Column(Instant({ nullable: true })) nextAttemptAt: Date | null;
  /** Start of the current attempt; null if there is none. */
  @Column(Instant({ nullable: true })) claimedAt: Date | null;
  /** Message-ID of the e-mail (RFC 5322 3.6.4), the same at every attempt; null without an e-mail. */
  @Column({ type: 'varchar', length: 400, nullable: true }) messageId: string | null;
}
