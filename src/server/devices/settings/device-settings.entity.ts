import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SettingRow } from '../../../protocol/device-settings';
import { Instant, Json, Uuid } from '../../database/column-types';

/** The settings of a device as a job has read or set them last; removed with the device. */
@Entity('device_settings')
export class DeviceSettingsEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 }) deviceId: string;
  @Column(Json()) rows: SettingRow[];
  @Column(Instant()) readAt: Date;
  @Column(Uuid()) jobId: string;
}
