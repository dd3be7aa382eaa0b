import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AlertFacts, AlertResolution, AlertRule } from '../../protocol/alert';
import type { AlertSeverity } from '../../protocol/device-information';
import { Hash, Instant, Json, Uuid } from '../database/column-types';

/** `waiting`: the condition is there, but has not lasted as long as its rule demands. */
export type AlertState = 'waiting' | 'open' | 'resolved';

/**
 * An alert, or a condition that may become one. Names and place are copied, so that it outlives its device. The unique
 * `openKey` stands for rule, target and subject until the alert is resolved: there is one at a time.
 */
@Entity('alerts')
@Index('ix_alerts_device', ['deviceId', 'state'])
@Index('ix_alerts_agent', ['agentId', 'state'])
@Index('ix_alerts_state', ['state', 'raisedAt'])
@Index('ix_alerts_customer', ['customerId', 'state', 'raisedAt'])
@Index('ix_alerts_due', ['state', 'dueAt'])
export class AlertEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column({ type: 'varchar', length: 32 }) rule: AlertRule;
  @Column({ type: 'varchar', length: 16 }) state: AlertState;
  @Index('ux_alerts_open', { unique: true }) @Column(Hash({ nullable: true })) openKey: string | null;
  @Column({ type: 'varchar', length: 16 }) severity: AlertSeverity;

  @Column(Uuid({ nullable: true })) customerId: string | null;
  @Column(Uuid({ nullable: true })) siteId: string | null;
  /** null: of the server. */
  @Column({ type: 'varchar', length: 64, nullable: true }) agentId: string | null;
  /** null: of the agent, or of the server. */
  @Column({ type: 'varchar', length: 64, nullable: true }) deviceId: string | null;
  @Column({ type: 'varchar', length: 100 }) deviceName: string;
  @Column(Json()) facts: AlertFacts;

  @Index('ix_alerts_since') @Column(Instant()) since: Date;
  /** When a waiting one is raised; null while the information about its device is not current. */
  @Column(Instant({ nullable: true })) dueAt: Date | null;
  @Index('ix_alerts_raised') @Column(Instant({ nullable: true })) raisedAt: Date | null;
  @Column(Instant({ nullable: true })) acknowledgedAt: Date | null;
  @Column({ type: 'varchar', length: 100, nullable: true }) acknowledgedBy: string | null;
  @Column(Instant({ nullable: true })) resolvedAt: Date | null;
  @Column({ type: 'varchar', length: 16, nullable: true }) resolution: AlertResolution | null;
}
