import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { Instant } from '../../database/column-types';

/**
 * One recorded action. The database refuses to change it, and to delete it within a year. Names are copied, so they
 * outlive what they name. Its hash covers the one of the entry before it: `audit-chain`.
 */
@Entity('audit_events')
@Index('ix_audit_events_target', ['target', 'id'])
export class AuditEventEntity {
  @PrimaryGeneratedColumn({ type: 'integer' }) id: number;
  @Index('ix_audit_events_at') @Column(Instant()) at: Date;
  @Index('ix_audit_events_actor') @Column({ type: 'varchar', length: 64 }) actor: string;
  @Column({ type: 'varchar', length: 64 }) action: string;
  @Column({ type: 'varchar', length: 200 }) target: string;
  @Column({ type: 'text' }) detail: string;
  /** SHA-256 in base64url. */
  @Column({ type: 'varchar', length: 43, default: '' }) hash: string;
}
