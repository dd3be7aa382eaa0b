import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash, longText } from '../migration-columns';

/** The key that verifies an agent's approval records, and the record of each answered session. */
export class ApprovalRecords1763683200013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('agents', new TableColumn(hash('signingKey', { isNullable: true })));
    await runner.addColumn('remote_sessions', new TableColumn(longText('approvalRecord', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('remote_sessions', 'approvalRecord');
    await runner.dropColumn('agents', 'signingKey');
  }
}
