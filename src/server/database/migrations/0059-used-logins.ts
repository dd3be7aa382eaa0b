import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant } from '../migration-columns';

/** When a login in a browser was last used. */
export class UsedLogins1763683200059 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('cookie_sessions', new TableColumn(instant('lastUsedAt', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('cookie_sessions', 'lastUsedAt');
  }
}
