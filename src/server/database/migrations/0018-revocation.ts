import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, uuid } from '../migration-columns';

/** Which API token a session or job was requested with, and whether a job has to be withdrawn from its agent. */
export class Revocation1763683200018 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['remote_sessions', 'maintenance_jobs'])
      await runner.addColumn(table, new TableColumn(uuid('apiTokenId', { isNullable: true })));
    await runner.addColumn('maintenance_jobs', new TableColumn(instant('revokedAt', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('maintenance_jobs', 'revokedAt');
    for (const table of ['maintenance_jobs', 'remote_sessions']) await runner.dropColumn(table, 'apiTokenId');
  }
}
