import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text, uuid } from '../migration-columns';

/** Templates for the files of meter reports, and reports that are mailed each month. */
export class MeterReports1763683200043 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'report_templates',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_report_templates' }),
          text('name', 100),
          longText('layout'),
        ],
        indices: [new TableIndex({ name: 'ux_report_templates_name', columnNames: ['name'], isUnique: true })],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'report_mails',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_report_mails' }),
          uuid('customerId'),
          text('to', 254),
          { name: 'day', type: 'integer' },
          text('format', 8),
          uuid('templateId', { isNullable: true }),
          text('language', 8),
          instant('nextAt'),
          instant('month'),
          { name: 'attempts', type: 'integer' },
          instant('sentAt', { isNullable: true }),
          text('problem', 300),
        ],
        indices: [
          new TableIndex({ name: 'ix_report_mails_customer', columnNames: ['customerId'] }),
          new TableIndex({ name: 'ix_report_mails_due', columnNames: ['nextAt'] }),
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['report_mails', 'report_templates']) await runner.dropTable(table);
  }
}
