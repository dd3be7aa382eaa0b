import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { RolloutState, UpdatePhase } from '../../protocol/agent-update';
import { Hash, Instant, Json, Uuid } from '../database/column-types';

/** What an agent last reported of its update, and what it was last offered. */
@Entity('agent_updates')
export class AgentUpdateEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 }) agentId: string;
  @Column({ type: 'boolean' }) permitted: boolean;
  @Column({ type: 'varchar', length: 16 }) phase: UpdatePhase;
  @Column({ type: 'varchar', length: 64, nullable: true }) version: string | null;
  @Column({ type: 'varchar', length: 200 }) detail: string;
  /** Version that it may download, and the hash of its token. */
  @Column({ type: 'varchar', length: 64, nullable: true }) offered: string | null;
  @Column(Hash({ nullable: true })) tokenHash: string | null;
}

/** A release that is brought to agents; one at a time is not ended. */
@Entity('agent_rollouts')
export class RolloutEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column({ type: 'varchar', length: 64 }) version: string;
  @Column({ type: 'varchar', length: 16 }) state: RolloutState;
  /** `open` until it has ended. */
  @Index('uq_agent_rollouts_open', { unique: true })
  @Column({ type: 'varchar', length: 16, nullable: true })
  open: 'open' | null;
  @Column({ type: 'varchar', length: 300 }) reason: string;
  @Column(Json()) canaries: string[];
  @Column(Json({ nullable: true })) customerIds: string[] | null;
  @Column({ type: 'integer' }) soakMinutes: number;
  @Column(Instant({ nullable: true })) canariesUpdatedAt: Date | null;
  @Column(Instant()) startedAt: Date;
  /** Display name. */
  @Column({ type: 'varchar', length: 100 }) startedBy: string;
  @Column(Instant({ nullable: true })) endedAt: Date | null;
  /** Failed agents are offered the release again. */
  @Column({ type: 'boolean' }) retry: boolean;
}
