import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text, uuid } from '../migration-columns';

/** Maintenance jobs, and the firmware files that they install. */
export class Maintenance1763683200009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'maintenance_jobs',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_maintenance_jobs' }),
          uuid('userId'),
          text('username', 64),
          text('displayName', 100),
          text('deviceId', 64),
          text('deviceName', 100),
          text('agentId', 64),
          text('operation', 32),
          uuid('firmwareId', { isNullable: true }),
          text('firmwareName', 120, { isNullable: true }),
          text('firmwareVersion', 64, { isNullable: true }),
          longText('firmwareToken', { isNullable: true }),
          text('state', 32),
          instant('deadlineAt', { isNullable: true }),
          text('hold', 32, { isNullable: true }),
          { name: 'percent', type: 'integer', isNullable: true },
          text('activity', 60, { default: "''" }),
          text('failure', 32, { isNullable: true }),
          text('detail', 500, { default: "''" }),
          longText('result'),
          instant('requestedAt'),
          instant('expiresAt'),
          instant('askedAt', { isNullable: true }),
          instant('sentAt', { isNullable: true }),
          instant('beganAt', { isNullable: true }),
          instant('endedAt', { isNullable: true }),
        ],
        indices: [
          new TableIndex({ name: 'ix_maintenance_jobs_requested', columnNames: ['requestedAt'] }),
          new TableIndex({ name: 'ix_maintenance_jobs_agent', columnNames: ['agentId', 'state'] }),
          new TableIndex({ name: 'ix_maintenance_jobs_device', columnNames: ['deviceId'] }),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'firmware',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_firmware' }),
          text('name', 120),
          text('version', 64),
          text('model', 200),
          { name: 'bytes', type: 'bigint' },
          text('sha256', 64),
          instant('uploadedAt'),
          text('uploadedBy', 100),
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['firmware', 'maintenance_jobs']) await runner.dropTable(table);
  }
}
