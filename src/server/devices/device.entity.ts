import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AnnouncedApplication } from '../../protocol/control-channel';
import type { DeviceKind } from '../../protocol/device-kinds';
import type { Operation } from '../../protocol/maintenance';
import type { ReportedState } from '../../protocol/fleet';
import { Instant, Json } from '../database/column-types';
import { UNKNOWN_SUPPLY, type ReportedSummary } from './reported-summary';

/** A device under management, as its agent announced it last, and a summary of what it reported last (`ReportedSummary`). */
@Entity('devices')
@Index('ix_devices_name', ['name', 'id'])
@Index('ix_devices_severity', ['severity', 'id'])
@Index('ix_devices_supply', ['supplyLevel', 'id'])
@Index('ix_devices_firmware', ['firmwareVersion', 'id'])
export class DeviceEntity implements ReportedSummary {
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
  /** What the search finds of it, in lower case. */
  @Column({ type: 'text', default: '' }) announcedText: string;

  @Column({ type: 'varchar', length: 16, default: 'none' }) reportedState: ReportedState;
  @Column({ type: 'integer', default: 0 }) severity: number;
  @Column({ type: 'varchar', length: 100, default: '' }) firmwareVersion: string;
  @Column({ type: 'integer', default: UNKNOWN_SUPPLY }) supplyLevel: number;
  @Column({ type: 'varchar', length: 200, default: '' }) reportedModel: string;
  @Column({ type: 'varchar', length: 100, default: '' }) reportedSerialNumber: string;
  @Column({ type: 'text', default: '' }) reportedText: string;
}

/** What an announcement says of a device; the rest of its row stays. */
export type AnnouncedDeviceRow = Omit<DeviceEntity, keyof ReportedSummary>;
