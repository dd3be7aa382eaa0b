import { Table, TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text, uuid } from '../migration-columns';

/** Settings of devices: what a job is to set, what became of it, and what is known of each device. */
export class DeviceSettings1763683200055 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('maintenance_jobs', new TableColumn(longText('settings', { isNullable: true })));
    await runner.addColumn('maintenance_jobs', new TableColumn(longText('settingRows', { isNullable: true })));
    await runner.createTable(
      new Table({
        name: 'device_settings',
        columns: [
          text('deviceId', 64, { isPrimary: true, primaryKeyConstraintName: 'pk_device_settings' }),
          longText('rows'),
          instant('readAt'),
          uuid('jobId'),
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('device_settings');
    await runner.dropColumn('maintenance_jobs', 'settingRows');
    await runner.dropColumn('maintenance_jobs', 'settings');
  }
}
