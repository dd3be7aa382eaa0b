import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { NoteLink } from '../../../protocol/device-notes';
import { Instant, Json } from '../../database/column-types';

/**
 * What people note about a device. It outlives a device that its agent does not announce for a while; it is removed with
 * the agent, and when another agent announces a device of this ID.
 */
@Entity('device_notes')
export class DeviceNotesEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 }) deviceId: string;
  @Index('ix_device_notes_agent') @Column({ type: 'varchar', length: 64 }) agentId: string;
  @Column({ type: 'text' }) text: string;
  @Column(Json()) links: NoteLink[];
  @Column({ type: 'varchar', length: 64 }) contractNumber: string;
  @Column({ type: 'varchar', length: 64 }) assetTag: string;
  @Column({ type: 'varchar', length: 200 }) location: string;
  /** All of it in lower case, for the search. */
  @Column({ type: 'text' }) searchText: string;
  @Column({ type: 'integer' }) version: number;
  @Column(Instant()) changedAt: Date;
  /** Display name, copied. */
  @Column({ type: 'varchar', length: 100 }) changedBy: string;
}
