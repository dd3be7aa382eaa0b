import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { longText } from '../migration-columns';

/** Jobs that read a part of a log. */
export class LogSelections1763683200071 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('maintenance_jobs', new TableColumn(longText('log', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('maintenance_jobs', 'log');
  }
}
