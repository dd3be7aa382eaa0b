import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { uuid } from '../migration-columns';

/** Where a device was when it reported a denial. Those that are stored get the site of its agent. */
export class DenialSites1763683200021 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('denials', new TableColumn(uuid('siteId', { isNullable: true })));
    await runner.query(
      `UPDATE denials SET "siteId" = (
         SELECT a."siteId" FROM devices d JOIN agents a ON a.id = d."agentId" WHERE d.id = denials."deviceId")`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('denials', 'siteId');
  }
}
