import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text } from '../migration-columns';

/** The marks by which a device is recognized, counters that went back, and decisions about replaced devices. */
export class DeviceReplacements1763683200048 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const name of ['identity', 'countersBack'])
      await runner.addColumn('device_information', new TableColumn(longText(name, { isNullable: true })));
    await runner.createTable(
      new Table({
        name: 'device_replacements',
        columns: [
          {
            name: 'id',
            type: 'integer',
            isPrimary: true,
            isGenerated: true,
            generationStrategy: 'increment',
            primaryKeyConstraintName: 'pk_device_replacements',
          },
          text('deviceId', 64),
          instant('at'),
          text('as', 16),
          longText('before', { isNullable: true }),
          longText('after', { isNullable: true }),
          longText('counters'),
          text('by', 64),
        ],
        indices: [new TableIndex({ name: 'ix_device_replacements_device', columnNames: ['deviceId'] })],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('device_replacements');
    for (const name of ['countersBack', 'identity']) await runner.dropColumn('device_information', name);
  }
}
