import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { longText } from '../migration-columns';

const TABLES = ['enrolment_codes', 'agents'];

/** Which device IDs an enrolment code covers. Agents and codes from before cover every unused one. */
export class EnrolledDevices1763683200031 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES)
      await runner.addColumn(table, new TableColumn(longText('deviceIds', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...TABLES].reverse()) await runner.dropColumn(table, 'deviceIds');
  }
}
