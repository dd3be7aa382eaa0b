import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AcquiredInformation } from '../../../protocol/api';
import type { DeviceInformation } from '../../../protocol/device-information';
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
  /** The last update decision (B2). */
  @Column(Json({ nullable: true })) decision: UpdateDecisionMade | null;
}
