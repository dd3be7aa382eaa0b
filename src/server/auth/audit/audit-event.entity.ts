import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { Instant } from '../../database/column-types';

/**
 * One recorded action. The database refuses to change it, and to delete it within a year. Names are copied, so they
 * outlive what they name.
 */
@Entity('audit_events')
export class AuditEventEntity {
  @PrimaryGeneratedColumn({ type: 'integer' }) id: number;
  @Index('ix_audit_events_at') @Column(Instant()) at: Date;
  @Index('ix_audit_events_actor') @Column({ type: 'varchar', length: 64 }) actor: string;
  @Column({ type: 'varchar', length: 64 }) action: string;
  @Index('ix_audit_events_target') @Column({ type: 'varchar', length: 200 }) target: string;
  @Column({ type: 'text' }) detail: string;
}
