import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { DeviceReplacement } from '../../../protocol/api';
import type { DeviceIdentity } from '../../../protocol/device-identity';
import type { Counters } from '../../../protocol/device-information';
import { Instant, Json } from '../../database/column-types';

/** An administrator's decision about a device that was replaced, or that got a new board; removed with the device. */
@Entity('device_replacements')
export class ReplacementEntity {
  @PrimaryGeneratedColumn({ type: 'integer' }) id: number;
  @Index('ix_device_replacements_device') @Column({ type: 'varchar', length: 64 }) deviceId: string;
  @Column(Instant()) at: Date;
  @Column({ type: 'varchar', length: 16 }) as: DeviceReplacement['as'];
  @Column(Json({ nullable: true })) before: DeviceIdentity | null;
  @Column(Json({ nullable: true })) after: DeviceIdentity | null;
  /** The last counters before: with `new-board`, what the device counts from now on comes on top. */
  @Column(Json()) counters: Counters;
  /** The user. */
  @Column({ type: 'varchar', length: 64 }) by: string;
}
