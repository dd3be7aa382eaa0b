import { Table, TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text } from '../migration-columns';

/** Device information, and the maintenance operations of each device. */
export class DeviceInformation1763683200008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('devices', new TableColumn(longText('operations', { default: "'[]'" })));
    await runner.createTable(
      new Table({
        name: 'device_information',
        columns: [
          text('deviceId', 64, { isPrimary: true, primaryKeyConstraintName: 'pk_device_information' }),
          longText('information', { isNullable: true }),
          instant('acquiredAt', { isNullable: true }),
          instant('changedAt', { isNullable: true }),
          longText('decision', { isNullable: true }),
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('device_information');
    await runner.dropColumn('devices', 'operations');
  }
}
