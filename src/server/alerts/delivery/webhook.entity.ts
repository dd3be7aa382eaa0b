import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Instant, Uuid } from '../../database/column-types';
import { Encrypted } from '../../database/encrypted-column';

/** The address of a webhook often contains a secret, too. */
export interface WebhookEndpoint {
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: string;
}

/** An address to which alerts are sent. */
@Entity('webhooks')
export class WebhookEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column({ type: 'varchar', length: 100 }) name: string;
  /** null: alerts of all customers, and of the server. */
  @Column(Uuid({ nullable: true })) customerId: string | null;
  @Column(Encrypted<WebhookEndpoint>()) endpoint: WebhookEndpoint;
  @Column({ type: 'boolean' }) active: boolean;
  @Column(Instant()) createdAt: Date;
  @Column({ type: 'varchar', length: 100 }) createdBy: string;
}
