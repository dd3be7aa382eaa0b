import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, text, uuid } from '../migration-columns';

const site = () => new TableColumn(uuid('siteId', { isNullable: true }));
const indexOf = (table: string) => new TableIndex({ name: `ix_${table}_site`, columnNames: ['siteId'] });

/**
 * Customers, their sites and the technicians assigned to them. An agent's site was a name that the agent itself chose;
 * it is not adopted.
 */
export class Customers1763683200015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'customers',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_customers' }),
          text('name', 100),
          instant('createdAt'),
        ],
        indices: [new TableIndex({ name: 'ux_customers_name', columnNames: ['name'], isUnique: true })],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'sites',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_sites' }),
          uuid('customerId'),
          text('name', 100),
          instant('createdAt'),
        ],
        indices: [new TableIndex({ name: 'ux_sites_name', columnNames: ['customerId', 'name'], isUnique: true })],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'assignments',
        columns: [
          uuid('customerId', { isPrimary: true, primaryKeyConstraintName: 'pk_assignments' }),
          uuid('userId', { isPrimary: true, primaryKeyConstraintName: 'pk_assignments' }),
        ],
        indices: [new TableIndex({ name: 'ix_assignments_user', columnNames: ['userId'] })],
      }),
    );
    await runner.dropColumn('agents', 'site');
    for (const table of ['agents', 'remote_sessions', 'maintenance_jobs']) {
      await runner.addColumn(table, site());
      await runner.createIndex(table, indexOf(table));
    }
    await runner.addColumn('notices', site());
    await runner.addColumn('enrolment_codes', site());
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('enrolment_codes', 'siteId');
    await runner.dropColumn('notices', 'siteId');
    for (const table of ['agents', 'remote_sessions', 'maintenance_jobs']) {
      await runner.dropIndex(table, indexOf(table));
      await runner.dropColumn(table, 'siteId');
    }
    await runner.addColumn('agents', new TableColumn(text('site', 64, { isNullable: true })));
    for (const table of ['assignments', 'sites', 'customers']) await runner.dropTable(table);
  }
}
