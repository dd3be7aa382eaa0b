import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { HaltOutcome, SessionDifference } from '../../../protocol/deployment';
import { Instant, Int64, Uuid } from '../../database/column-types';

/** A row of the device list (Fig. 18), and the outcome of its session. A session without a record has empty texts. */
@Entity('deployment_sessions')
export class DeploymentSessionEntity {
  @PrimaryColumn(Uuid()) deploymentId: string;
  @Index('ix_deployment_sessions_session') @PrimaryColumn(Uuid()) remoteSessionId: string;
  @Column({ type: 'varchar', length: 64 }) deviceId: string;
  @Column({ type: 'varchar', length: 100 }) deviceName: string;
  @Column({ type: 'varchar', length: 64 }) applicationId: string;
  @Column({ type: 'varchar', length: 100 }) userName: string;
  @Column(Instant({ nullable: true })) since: Date | null;
  @Column(Int64({ default: 0 })) bytesFromDevice: number;
  @Column(Int64({ default: 0 })) bytesFromTerminal: number;
  @Column(Instant({ nullable: true })) lastActiveAt: Date | null;
  @Column({ type: 'varchar', length: 16 }) outcome: HaltOutcome;
  @Column({ type: 'varchar', length: 24, nullable: true }) difference: SessionDifference | null;
  /** When its user was notified of the halt (S315). */
  @Column(Instant({ nullable: true })) toldAt: Date | null;
}
