import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { longText } from '../migration-columns';

/** The approval record of a maintenance job. */
export class JobApproval1763683200041 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('maintenance_jobs', new TableColumn(longText('approvalRecord', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('maintenance_jobs', 'approvalRecord');
  }
}
