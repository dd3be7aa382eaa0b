import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SettingRow } from '../../../protocol/device-settings';
import { Instant, Json, Uuid } from '../../database/column-types';

/** null: the device does not have the setting. */
export type ReportedValues = Readonly<Record<string, string | null>>;

export const reportedValues = (rows: readonly SettingRow[]): ReportedValues =>
  Object.fromEntries(rows.map(({ name, value }) => [name, value]));

/** The settings of a device as a job has read or set them last; removed with the device. */
@Entity('device_settings')
export class DeviceSettingsEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 }) deviceId: string;
  @Column(Json()) rows: SettingRow[];
  /** The values in `rows` by name, with which the database compares them. */
  @Column(Json({ nullable: true })) reported: ReportedValues | null;
  @Column(Instant()) readAt: Date;
  @Column(Uuid()) jobId: string;
}
