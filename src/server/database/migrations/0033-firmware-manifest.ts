import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { longText } from '../migration-columns';

/** The signed manifest of a firmware file. Files from before have none, and are no longer installed. */
export class FirmwareManifest1763683200033 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('firmware', new TableColumn(longText('manifest', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('firmware', 'manifest');
  }
}
