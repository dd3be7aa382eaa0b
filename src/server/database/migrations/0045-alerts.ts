import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash, instant, longText, text, uuid } from '../migration-columns';

/** Alerts, and the settings of their rules. */
export class Alerts1763683200045 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'alerts',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_alerts' }),
          text('rule', 32),
          text('state', 16),
          hash('openKey', { isNullable: true }),
          text('severity', 16),
          uuid('customerId', { isNullable: true }),
          uuid('siteId', { isNullable: true }),
          text('agentId', 64, { isNullable: true }),
          text('deviceId', 64, { isNullable: true }),
          text('deviceName', 100),
          longText('facts'),
          instant('since'),
          instant('dueAt', { isNullable: true }),
          instant('raisedAt', { isNullable: true }),
          instant('acknowledgedAt', { isNullable: true }),
          text('acknowledgedBy', 100, { isNullable: true }),
          instant('resolvedAt', { isNullable: true }),
          text('resolution', 16, { isNullable: true }),
        ],
        indices: [
          new TableIndex({ name: 'ux_alerts_open', columnNames: ['openKey'], isUnique: true }),
          new TableIndex({ name: 'ix_alerts_device', columnNames: ['deviceId', 'state'] }),
          new TableIndex({ name: 'ix_alerts_agent', columnNames: ['agentId', 'state'] }),
          new TableIndex({ name: 'ix_alerts_state', columnNames: ['state', 'raisedAt'] }),
          new TableIndex({ name: 'ix_alerts_customer', columnNames: ['customerId', 'state', 'raisedAt'] }),
          new TableIndex({ name: 'ix_alerts_due', columnNames: ['state', 'dueAt'] }),
          new TableIndex({ name: 'ix_alerts_since', columnNames: ['since'] }),
          new TableIndex({ name: 'ix_alerts_raised', columnNames: ['raisedAt'] }),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'alert_settings',
        columns: [
          text('id', 36, { isPrimary: true, primaryKeyConstraintName: 'pk_alert_settings' }),
          { name: 'version', type: 'integer' },
          longText('settings'),
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['alert_settings', 'alerts']) await runner.dropTable(table);
  }
}
