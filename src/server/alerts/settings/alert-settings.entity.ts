import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AlertSettings, CustomerAlertSettings } from '../../../protocol/alert';
import { Json } from '../../database/column-types';

/** Of the settings for all customers. */
export const FOR_ALL = 'all';

/** Settings of alerts: one row for all customers, and one for each customer with settings of its own. */
@Entity('alert_settings')
export class AlertSettingsEntity {
  /** `FOR_ALL`, or the ID of a customer. */
  @PrimaryColumn({ type: 'varchar', length: 36 }) id: string;
  @Column({ type: 'integer' }) version: number;
  @Column(Json()) settings: Omit<AlertSettings, 'version'> | Omit<CustomerAlertSettings, 'version'>;
}
