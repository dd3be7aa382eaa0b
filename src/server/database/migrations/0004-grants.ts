import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { text } from '../migration-columns';

/** The grant of the person at the device: operate or view. */
export class Grants1763683200004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('remote_sessions', new TableColumn(text('grant', 16, { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('remote_sessions', 'grant');
  }
}
