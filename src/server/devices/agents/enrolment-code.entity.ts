import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Hash, Instant } from '../../database/column-types';

/** A one-time code that enrols one agent; only its hash is stored. */
@Entity('enrolment_codes')
export class EnrolmentCodeEntity {
  @PrimaryColumn(Hash()) codeHash: string;
  @Column({ type: 'varchar', length: 64 }) agentId: string;
  @Column(Instant()) expiresAt: Date;
}
