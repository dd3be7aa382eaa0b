import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { Instant } from '../../database/column-types';

/** One recorded action; the database refuses to change or remove it. Names are copied, so they outlive what they name. */
@Entity('audit_events')
export class AuditEventEntity {
  @PrimaryGeneratedColumn({ type: 'integer' }) id: number;
  @Column(Instant()) at: Date;
  @Column({ type: 'varchar', length: 64 }) actor: string;
  @Column({ type: 'varchar', length: 64 }) action: string;
  @Column({ type: 'varchar', length: 200 }) target: string;
  @Column({ type: 'text' }) detail: string;
}
