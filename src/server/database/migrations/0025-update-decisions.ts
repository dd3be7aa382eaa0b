import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText } from '../migration-columns';

/**
 * The update decisions of sessions and jobs, and when a job last changed each fact about a device. Earlier versions stored
 * one time for all of them.
 */
export class UpdateDecisions1763683200025 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const json = (name: string) => new TableColumn(longText(name, { isNullable: true }));
    await runner.addColumn('session_steps', json('decision'));
    await runner.addColumn('maintenance_jobs', json('decision'));
    await runner.addColumn('device_information', json('changes'));
    const at = `CAST("changedAt" AS varchar(20))`;
    const changes = ['reachability', 'identity', 'state', 'supplies', 'counters']
      .map((fact) => `'"${fact}":' || ${at}`)
      .join(` || ',' || `);
    await runner.query(
      `UPDATE device_information SET "changes" = '{' || ${changes} || '}' WHERE "changedAt" IS NOT NULL`,
    );
    await runner.dropColumn('device_information', 'changedAt');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.addColumn('device_information', new TableColumn(instant('changedAt', { isNullable: true })));
    await runner.dropColumn('device_information', 'changes');
    await runner.dropColumn('maintenance_jobs', 'decision');
    await runner.dropColumn('session_steps', 'decision');
  }
}
