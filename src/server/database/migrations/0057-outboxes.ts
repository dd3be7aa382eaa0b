import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, uuid } from '../migration-columns';

/** Deliveries about alerts that are sent as one mail, and mailed reports that are claimed before they are sent. */
export class Outboxes1763683200057 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('alert_deliveries', new TableColumn(uuid('mailId', { isNullable: true })));
    await runner.addColumn('report_mails', new TableColumn(instant('claimedAt', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('report_mails', 'claimedAt');
    await runner.dropColumn('alert_deliveries', 'mailId');
  }
}
