import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AcquiredInformation } from '../../../protocol/api';
import type { DeviceIdentity } from '../../../protocol/device-identity';
import type { Counters, DeviceInformation } from '../../../protocol/device-information';
import { Instant, Json } from '../../database/column-types';
import type { Fact } from './update-decision';

export type UpdateDecisionMade = NonNullable<AcquiredInformation['decision']>;

/** The information that a device reports, as opposed to its agent's announcement; removed with the device. */
@Entity('device_information')
export class DeviceInformationEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 }) deviceId: string;
  /** null: nothing has been acquired yet. */
  @Column(Json({ nullable: true })) information: DeviceInformation | null;
  @Column(Instant({ nullable: true })) acquiredAt: Date | null;
  /** When a maintenance job last changed each fact, in ms since 1970. */
  @Column(Json({ nullable: true })) changes: Partial<Record<Fact, number>> | null;
  /** The marks that the device had when it was reached first, or that an administrator has accepted since. */
  @Column(Json({ nullable: true })) identity: DeviceIdentity | null;
  /** Its life counter went back, and no administrator has decided what that means; `at` in ms since 1970. */
  @Column(Json({ nullable: true })) countersBack: { at: number; before: Counters; after: Counters } | null;
  /** The last update decision (B2). */
  @Column(Json({ nullable: true })) decision: UpdateDecisionMade | null;
}
