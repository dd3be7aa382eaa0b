import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Hash, Instant, Json, Uuid } from '../../database/column-types';

/** A one-time code that enrols one agent; only its hash is stored. */
@Entity('enrolment_codes')
export class EnrolmentCodeEntity {
  @PrimaryColumn(Hash()) codeHash: string;
  @Column({ type: 'varchar', length: 64 }) agentId: string;
  /** Where the agent is; null for an agent that stays at its present site. */
  @Column(Uuid({ nullable: true })) siteId: string | null;
  /** IDs or prefixes of the devices that the agent may announce; null: those of its earlier account. */
  @Column(Json({ nullable: true })) deviceIds: string[] | null;
  @Column(Instant()) expiresAt: Date;
}
