import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { WantedSettings } from '../../protocol/device-settings';
import type { TemplateDevices } from '../../protocol/settings-template';
import { Instant, Json, Uuid } from '../database/column-types';

/** Values that devices should have. Devices are not copied in: those that are removed are no longer in it. */
@Entity('settings_templates')
export class SettingsTemplateEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Index('ux_settings_templates_name', { unique: true }) @Column({ type: 'varchar', length: 100 }) name: string;
  @Column(Json()) settings: WantedSettings;
  @Column(Json()) devices: TemplateDevices;
  /** Counts its changes; 1 is the first. */
  @Column({ type: 'integer' }) version: number;
  @Column(Instant()) changedAt: Date;
  @Column({ type: 'varchar', length: 100 }) changedBy: string;
}
