import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text } from '../migration-columns';

/** What people note about devices. */
export class DeviceNotes1763683200051 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'device_notes',
        columns: [
          text('deviceId', 64, { isPrimary: true, primaryKeyConstraintName: 'pk_device_notes' }),
          text('agentId', 64),
          longText('text'),
          longText('links'),
          text('contractNumber', 64),
          text('assetTag', 64),
          text('location', 200),
          longText('searchText'),
          { name: 'version', type: 'integer' },
          instant('changedAt'),
          text('changedBy', 100),
        ],
        indices: [new TableIndex({ name: 'ix_device_notes_agent', columnNames: ['agentId'] })],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('device_notes');
  }
}
