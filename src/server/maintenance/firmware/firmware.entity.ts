import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { FirmwareManifest } from '../../../protocol/firmware-package';
import { Instant, Int64, Json, Uuid } from '../../database/column-types';

/** A firmware file; its bytes are in the data folder (FirmwareFiles). */
@Entity('firmware')
export class FirmwareEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column({ type: 'varchar', length: 120 }) name: string;
  @Column({ type: 'varchar', length: 64 }) version: string;
  /** Empty: for any model. */
  @Column({ type: 'varchar', length: 200 }) model: string;
  @Column(Int64()) bytes: number;
  /** In hexadecimal. */
  @Column({ type: 'varchar', length: 64 }) sha256: string;
  /** Null: it is not signed, because an earlier version stored it. */
  @Column(Json({ nullable: true })) manifest: FirmwareManifest | null;
  @Column(Instant()) uploadedAt: Date;
  @Column({ type: 'varchar', length: 100 }) uploadedBy: string;
}
