import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EndReason, Half } from '../../protocol/remote-session';
import { Instant, Int64, Uuid } from '../database/column-types';

/** Start or end of one half, as the relay logged it (S178, S211, S269, S297, S334). Never changed. */
@Entity('half_logs')
@Index('ix_half_logs_session', ['sessionId'])
export class HalfLogEntity {
  /** The relay's ID of the log, by which a repeated report is recognized. */
  @PrimaryColumn(Uuid()) id: string;
  @Column(Uuid()) sessionId: string;
  @Column({ type: 'varchar', length: 16 }) half: Half;
  @Column({ type: 'varchar', length: 8 }) kind: 'start' | 'end';
  /** Time of the event, by the relay's clock. */
  @Column(Instant()) at: Date;
  @Column(Instant()) keptAt: Date;
  @Column({ type: 'varchar', length: 32, nullable: true }) reason: EndReason | null;
  @Column({ type: 'varchar', length: 64, nullable: true }) peerAddress: string | null;
  @Column(Int64({ default: 0 })) bytesReceived: number;
  @Column(Int64({ default: 0 })) bytesSent: number;
}
