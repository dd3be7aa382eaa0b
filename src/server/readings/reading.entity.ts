import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Counters } from '../../protocol/device-information';
import type { ReadingState, SupplyLevel } from '../../protocol/readings';
import { Instant, Int64, Json, Uuid } from '../database/column-types';

/** What a device reported at a time. */
@Entity('readings')
export class ReadingEntity {
  @PrimaryColumn({ type: 'integer' }) meteredDeviceId: number;
  @PrimaryColumn({ type: 'bigint', transformer: Instant().transformer }) at: Date;
  @Column({ type: 'varchar', length: 16 }) state: ReadingState;
  /** null: the device did not answer. */
  @Column(Json({ nullable: true })) counters: Counters | null;
  /** By the keys of the supplies of the metered device. */
  @Column(Json()) levels: Record<string, SupplyLevel>;
  /** Who entered it by hand, and why; null: it was reported. */
  @Column({ type: 'varchar', length: 100, nullable: true }) enteredBy: string | null;
  @Column({ type: 'varchar', length: 500, nullable: true }) reason: string | null;
}

/** A counter that went back or far ahead, as after the replacement of a board. */
@Entity('meter_jumps')
@Index('ix_meter_jumps_device', ['meteredDeviceId', 'at'])
export class MeterJumpEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column({ type: 'integer' }) meteredDeviceId: number;
  @Column({ type: 'varchar', length: 48 }) counter: string;
  @Column(Instant()) at: Date;
  @Column(Int64()) before: number;
  @Column(Int64()) after: number;
  /** Added to the difference of the counter over this moment; null: not entered yet. */
  @Column(Int64({ nullable: true })) offset: number | null;
  @Column({ type: 'varchar', length: 500 }) reason: string;
  @Column({ type: 'varchar', length: 100 }) enteredBy: string;
}

/** How often the devices of a customer are read, where that differs from the setting of the server. */
@Entity('reading_schedules')
export class ReadingScheduleEntity {
  @PrimaryColumn(Uuid()) customerId: string;
  /** 0: only on demand and on change. */
  @Column({ type: 'integer' }) hours: number;
}
