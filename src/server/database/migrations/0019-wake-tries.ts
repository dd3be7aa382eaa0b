import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { longText, text } from '../migration-columns';

/** Which substitutes were tried for a session, and why a job still waits for its agent. */
export class WakeTries1763683200019 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('session_steps', new TableColumn(text('detail', 300, { default: "''" })));
    await runner.addColumn('maintenance_jobs', new TableColumn(longText('waiting', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('maintenance_jobs', 'waiting');
    await runner.dropColumn('session_steps', 'detail');
  }
}
