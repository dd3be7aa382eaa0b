import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Deployment, DeploymentReason, DeploymentState, RelayAnswer } from '../../protocol/deployment';
import { Instant, Uuid } from '../database/column-types';

/** A deployment of one relay. The name of its user is copied in, so that its history outlives users. */
@Entity('deployments')
export class DeploymentEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column({ type: 'varchar', length: 64 }) relayId: string;
  /** The relay while the deployment is open, null afterwards: its unique index permits one at a time. */
  @Index('ux_deployments_relay', { unique: true })
  @Column({ type: 'varchar', length: 64, nullable: true })
  openRelay: string | null;

  @Column({ type: 'varchar', length: 32 }) state: DeploymentState;
  @Column(Instant()) enteredAt: Date;
  /** When the wait of this state is over. */
  @Index('ix_deployments_deadline')
  @Column(Instant({ nullable: true }))
  deadlineAt: Date | null;
  @Column({ type: 'varchar', length: 8 }) when: Deployment['when'];
  @Column(Instant({ nullable: true })) at: Date | null;

  @Column(Uuid()) userId: string;
  @Column({ type: 'varchar', length: 100 }) userName: string;

  @Column({ type: 'varchar', length: 64 }) fromRelease: string;
  @Column({ type: 'varchar', length: 64 }) fromVersion: string;
  @Column({ type: 'integer' }) fromPairs: number;
  @Column({ type: 'varchar', length: 64 }) toRelease: string;
  @Column({ type: 'varchar', length: 64 }) toVersion: string;
  @Column({ type: 'integer' }) toPairs: number;
  /** The run of the relay that the state is about; which one that is depends on the driver. */
  @Column(Uuid({ nullable: true })) instance: string | null;

  /** What the relay answered when it was last asked for its sessions (S312). */
  @Column({ type: 'varchar', length: 24, nullable: true }) relayAnswer: RelayAnswer | null;

  @Column({ type: 'varchar', length: 32, nullable: true }) reason: DeploymentReason | null;
  @Column({ type: 'varchar', length: 500, default: '' }) detail: string;
  @Column({ type: 'text' }) output: string;

  @Index('ix_deployments_instructed') @Column(Instant()) instructedAt: Date;
  @Column(Instant({ nullable: true })) executedAt: Date | null;
  /** S317: from here on the earlier relay may have to be put back in service. */
  @Column(Instant({ nullable: true })) replacedAt: Date | null;
  @Column(Instant({ nullable: true })) finishedAt: Date | null;
}
