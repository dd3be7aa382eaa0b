import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { Counters, InformationSources, Supply } from '../../protocol/device-information';
import { Instant, Json, Uuid } from '../database/column-types';

/** A supply as it was named last, without its level. */
export type KnownSupply = Pick<Supply, 'name' | 'type' | 'colour' | 'receptacle'> & { readonly key: string };

/**
 * One physical device at one customer, whose readings form one series. A device ID whose serial number or customer changes
 * gets another; the one with the latest reading is that of the device now. It outlives the device, because reports need it.
 */
@Entity('metered_devices')
@Index('ix_metered_devices_device', ['deviceId', 'lastAt'])
@Index('ix_metered_devices_customer', ['customerId'])
@Index('ix_metered_devices_due', ['nextAt'])
@Index('ix_metered_devices_thinned', ['dailyUntil'])
export class MeteredDeviceEntity {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', length: 64 }) deviceId: string;
  /** Empty while it is not known. */
  @Column({ type: 'varchar', length: 100 }) serialNumber: string;
  @Column(Uuid({ nullable: true })) customerId: string | null;
  @Column(Uuid({ nullable: true })) siteId: string | null;
  @Column({ type: 'varchar', length: 100 }) name: string;
  @Column({ type: 'varchar', length: 200 }) model: string;
  @Column(Json()) supplies: KnownSupply[];
  /** The counters booked last, with their sources; the next ones are compared with them. */
  @Column(Json()) counters: Counters;
  @Column(Json()) sources: InformationSources['counters'];
  @Column(Instant({ nullable: true })) countedAt: Date | null;
  @Column(Instant()) firstAt: Date;
  @Column(Instant()) lastAt: Date;
  /** The next scheduled reading; null: none. */
  @Column(Instant({ nullable: true })) nextAt: Date | null;
  /** Before these moments, one reading of each day, or of each month, is left. */
  @Column(Instant()) dailyUntil: Date;
  @Column(Instant()) monthlyUntil: Date;
}
