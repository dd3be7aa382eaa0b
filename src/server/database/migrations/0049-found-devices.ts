import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text, uuid } from '../migration-columns';

/** Devices that agents have found. */
export class FoundDevices1763683200049 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'found_devices',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_found_devices' }),
          text('agentId', 64),
          instant('firstFoundAt'),
          longText('found'),
          { name: 'mayTakeIn', type: 'boolean' },
          instant('dismissedAt', { isNullable: true }),
          text('dismissedBy', 100, { isNullable: true }),
        ],
        indices: [
          new TableIndex({ name: 'ix_found_devices_agent', columnNames: ['agentId'] }),
          new TableIndex({ name: 'ix_found_devices_found', columnNames: ['firstFoundAt', 'id'] }),
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('found_devices');
  }
}
