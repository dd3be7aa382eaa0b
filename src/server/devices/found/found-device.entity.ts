import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { FoundDevice } from '../../../protocol/found-device';
import { Instant, Json, Uuid } from '../../database/column-types';

/** A device that an agent has found and does not have, until it is taken in or the agent does not name it any more. */
@Entity('found_devices')
@Index('ix_found_devices_agent', ['agentId'])
@Index('ix_found_devices_found', ['firstFoundAt', 'id'])
export class FoundDeviceEntity {
  /** Chosen by the agent. */
  @PrimaryColumn(Uuid()) id: string;
  @Column({ type: 'varchar', length: 64 }) agentId: string;
  @Column(Instant()) firstFoundAt: Date;
  @Column(Json()) found: FoundDevice;
  /** Whether the owner of the agent permits that devices are taken in. */
  @Column({ type: 'boolean' }) mayTakeIn: boolean;
  @Column(Instant({ nullable: true })) dismissedAt: Date | null;
  /** Name of the administrator. */
  @Column({ type: 'varchar', length: 100, nullable: true }) dismissedBy: string | null;
}
