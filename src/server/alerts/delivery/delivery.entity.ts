import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AlertEvent, DeliveryState, WebhookBody } from '../../../protocol/webhook';
import { Instant, Json, Uuid } from '../../database/column-types';

/**
 * What is to be sent to one recipient about one event, and the state of that (outbox). It is stored with the change of the
 * alert. The content is copied, so that every attempt sends the same.
 */
@Entity('alert_deliveries')
@Index('ux_alert_deliveries_once', ['alertId', 'event', 'recipientKey'], { unique: true })
@Index('ix_alert_deliveries_due', ['state', 'nextAttemptAt'])
@Index('ix_alert_deliveries_webhook', ['webhookId', 'at'])
export class DeliveryEntity {
  @PrimaryColumn(Uuid()) id: string;
  /** null: a test. */
  @Column(Uuid({ nullable: true })) alertId: string | null;
  @Column({ type: 'varchar', length: 16 }) event: AlertEvent;
  @Column(Uuid({ nullable: true })) customerId: string | null;
  /** ID of the webhook, or address of the mail. */
  @Column({ type: 'varchar', length: 254 }) recipientKey: string;
  /** null: a mail. */
  @Column(Uuid({ nullable: true })) webhookId: string | null;
  @Column({ type: 'varchar', length: 254 }) recipient: string;
  /** The mail that it was attempted in, together with others; null: alone, or not attempted yet. */
  @Column(Uuid({ nullable: true })) mailId: string | null;
  @Column(Json()) content: WebhookBody;
  @Index('ix_alert_deliveries_at') @Column(Instant()) at: Date;

  @Column({ type: 'varchar', length: 16 }) state: DeliveryState;
  @Column({ type: 'integer', default: 0 }) attempts: number;
  /** When the next attempt is due; null if there is none. */
  @Column(Instant({ nullable: true })) nextAttemptAt: Date | null;
  /** Start of the current attempt; null if there is none. */
  @Column(Instant({ nullable: true })) claimedAt: Date | null;
  @Column(Instant({ nullable: true })) settledAt: Date | null;
  @Column({ type: 'varchar', length: 300, default: '' }) error: string;
}
