import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AnnouncedApplication, DeviceKind } from '../../protocol/control-channel';
import type { Operation } from '../../protocol/maintenance';
import { Instant, Json } from '../database/column-types';

/** A device under management, as its agent announced it last. */
@Entity('devices')
export class DeviceEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string;
  @Index('ix_devices_agent') @Column({ type: 'varchar', length: 64 }) agentId: string;
  @Column({ type: 'varchar', length: 100 }) name: string;
  @Column({ type: 'varchar', length: 32 }) kind: DeviceKind;
  @Column({ type: 'varchar', length: 200 }) model: string;
  @Column({ type: 'varchar', length: 100 }) serialNumber: string;
  @Column({ type: 'varchar', length: 200 }) location: string;
  @Column(Json()) applications: AnnouncedApplication[];
  @Column(Json({ default: '[]' })) operations: Operation[];
  @Column(Instant()) announcedAt: Date;
}
