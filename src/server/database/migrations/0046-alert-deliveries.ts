import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text, uuid } from '../migration-columns';

/** Webhooks, and what is sent about alerts. */
export class AlertDeliveries1763683200046 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'webhooks',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_webhooks' }),
          text('name', 100),
          uuid('customerId', { isNullable: true }),
          longText('endpoint'),
          { name: 'active', type: 'boolean' },
          instant('createdAt'),
          text('createdBy', 100),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'alert_deliveries',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_alert_deliveries' }),
          uuid('alertId', { isNullable: true }),
          text('event', 16),
          uuid('customerId', { isNullable: true }),
          text('recipientKey', 254),
          uuid('webhookId', { isNullable: true }),
          text('recipient', 254),
          longText('content'),
          instant('at'),
          text('state', 16),
          { name: 'attempts', type: 'integer', default: 0 },
          instant('nextAttemptAt', { isNullable: true }),
          instant('claimedAt', { isNullable: true }),
          instant('settledAt', { isNullable: true }),
          text('error', 300, { default: "''" }),
        ],
        indices: [
          new TableIndex({
            name: 'ux_alert_deliveries_once',
            columnNames: ['alertId', 'event', 'recipientKey'],
            isUnique: true,
          }),
          new TableIndex({ name: 'ix_alert_deliveries_due', columnNames: ['state', 'nextAttemptAt'] }),
          new TableIndex({ name: 'ix_alert_deliveries_webhook', columnNames: ['webhookId', 'at'] }),
          new TableIndex({ name: 'ix_alert_deliveries_at', columnNames: ['at'] }),
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['alert_deliveries', 'webhooks']) await runner.dropTable(table);
  }
}
