import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { FleetViewQuery } from '../../../protocol/fleet';
import { Instant, Json, Uuid } from '../../database/column-types';

/** A view of the device list that a user has saved. */
@Entity('fleet_views')
@Index('ux_fleet_views_name', ['userId', 'name'], { unique: true })
export class FleetViewEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column(Uuid()) userId: string;
  @Column({ type: 'varchar', length: 60 }) name: string;
  @Column(Json()) query: FleetViewQuery;
  @Column(Instant()) createdAt: Date;
}
