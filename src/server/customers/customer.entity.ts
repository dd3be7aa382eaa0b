import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { RelayPreference } from '../../protocol/relay-choice';
import { Instant, Json, Uuid } from '../database/column-types';

/** An organisation whose devices are under management. */
@Entity('customers')
export class CustomerEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Index('ux_customers_name', { unique: true }) @Column({ type: 'varchar', length: 100 }) name: string;
  @Column(Instant()) createdAt: Date;
  @Column(Json({ nullable: true })) relayPreference: RelayPreference | null;
}

/** A LAN of a customer. The agents of one site can wake each other. */
@Entity('sites')
@Index('ux_sites_name', ['customerId', 'name'], { unique: true })
export class SiteEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column(Uuid()) customerId: string;
  @Column({ type: 'varchar', length: 100 }) name: string;
  @Column(Instant()) createdAt: Date;
  /** null: that of the customer. */
  @Column(Json({ nullable: true })) relayPreference: RelayPreference | null;
}

/** A technician works for a customer. */
@Entity('assignments')
export class AssignmentEntity {
  @PrimaryColumn(Uuid()) customerId: string;
  @Index('ix_assignments_user') @PrimaryColumn(Uuid()) userId: string;
}
