import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { ReportedDenial } from '../../../protocol/control-channel';
import { Hash, Instant, Json, Uuid } from '../../database/column-types';

/** An access that an agent has denied; removed with the device. It stays with the site if the agent is moved. */
@Entity('denials')
@Index('ux_denials_once', ['deviceId', 'hash'], { unique: true })
export class DenialEntity {
  @PrimaryGeneratedColumn({ type: 'integer' }) id: number;
  @Column({ type: 'varchar', length: 64 }) deviceId: string;
  /** Where the agent was when it reported it. */
  @Column(Uuid({ nullable: true })) siteId: string | null;
  /** Of `denial` without its count; by it a repeated report is recognized. */
  @Column(Hash({})) hash: string;
  @Column(Json()) denial: ReportedDenial;
  @Index('ix_denials_reported') @Column(Instant()) reportedAt: Date;
}
