import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Instant, Json } from '../../database/column-types';
import type { StoredScramKeys } from './agent.entity';

/**
 * An account that an administrator has removed. Its keys remain until the agent ID is enrolled again: an agent that proves
 * its password learns that it was removed, and drops its jobs.
 */
@Entity('removed_agents')
export class RemovedAgentEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string;
  @Column(Json()) scramSha1: StoredScramKeys;
  @Column(Json()) scramSha256: StoredScramKeys;
  @Column(Instant()) removedAt: Date;
}
