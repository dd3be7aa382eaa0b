import { Column, Entity, PrimaryColumn } from 'typeorm';
import { LIMITS } from '../../protocol/limits';
import { Instant } from '../database/column-types';

/** A relay that has connected to this server, and what administrators have decided about it. */
@Entity('relays')
export class RelayEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string;
  /** The region that the relay reports. */
  @Column({ type: 'varchar', length: LIMITS.REGION_CHARACTERS, nullable: true }) ownRegion: string | null;
  /** The region that an administrator has set; it takes precedence. */
  @Column({ type: 'varchar', length: LIMITS.REGION_CHARACTERS, nullable: true }) region: string | null;
  /** The most sessions, if an administrator has set a limit. */
  @Column({ type: 'integer', nullable: true }) sessionLimit: number | null;
  /** It gets no new sessions since then. */
  @Column(Instant({ nullable: true })) drainedSince: Date | null;
  @Column({ type: 'varchar', length: 64, nullable: true }) drainedBy: string | null;
  /** It may not connect since then. */
  @Column(Instant({ nullable: true })) removedAt: Date | null;
  @Column(Instant()) lastSeenAt: Date;
}
