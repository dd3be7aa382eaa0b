import { Table, TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text } from '../migration-columns';

/** Relays with region, limit and drain; the region that customers and sites prefer; why a session got its relay. */
export class Relays1763683200068 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'relays',
        columns: [
          text('id', 64, { isPrimary: true, primaryKeyConstraintName: 'pk_relays' }),
          text('ownRegion', 40, { isNullable: true }),
          text('region', 40, { isNullable: true }),
          { name: 'sessionLimit', type: 'integer', isNullable: true },
          instant('drainedSince', { isNullable: true }),
          text('drainedBy', 64, { isNullable: true }),
          instant('removedAt', { isNullable: true }),
          instant('lastSeenAt'),
        ],
      }),
    );
    for (const table of ['customers', 'sites'])
      await runner.addColumn(table, new TableColumn(longText('relayPreference', { isNullable: true })));
    await runner.addColumn('remote_sessions', new TableColumn(longText('relayChoice', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('remote_sessions', 'relayChoice');
    for (const table of ['sites', 'customers']) await runner.dropColumn(table, 'relayPreference');
    await runner.dropTable('relays');
  }
}
