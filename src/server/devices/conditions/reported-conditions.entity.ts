import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AccessCondition } from '../../../protocol/access-conditions';
import { Instant, Json } from '../../database/column-types';

/** The access conditions of a device as its agent reported them last; removed with the device. */
@Entity('reported_conditions')
export class ReportedConditionsEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 }) deviceId: string;
  @Column(Json()) conditions: AccessCondition[];
  @Column(Instant()) reportedAt: Date;
}
