import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Encrypted } from '../../database/encrypted-column';
import type { ChainHead } from './audit-chain';

/** The one row: ID 1. */
@Entity('audit_chain')
export class AuditChainEntity {
  @PrimaryColumn({ type: 'integer' }) id: number;
  /** null: not sealed yet. */
  @Column(Encrypted({ nullable: true })) head: ChainHead | null;
}
