import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash, instant, longText, text } from '../migration-columns';

/** What agents report about access conditions and denials, and why a session was denied. */
export class AccessConditions1763683200014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('remote_sessions', new TableColumn(text('denial', 32, { isNullable: true })));
    await runner.createTable(
      new Table({
        name: 'reported_conditions',
        columns: [
          text('deviceId', 64, { isPrimary: true, primaryKeyConstraintName: 'pk_reported_conditions' }),
          longText('conditions'),
          instant('reportedAt'),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'denials',
        columns: [
          {
            name: 'id',
            type: 'integer',
            isPrimary: true,
            isGenerated: true,
            generationStrategy: 'increment',
            primaryKeyConstraintName: 'pk_denials',
          },
          text('deviceId', 64),
          hash('hash'),
          longText('denial'),
          instant('reportedAt'),
        ],
        indices: [new TableIndex({ name: 'ux_denials_once', columnNames: ['deviceId', 'hash'], isUnique: true })],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['denials', 'reported_conditions']) await runner.dropTable(table);
    await runner.dropColumn('remote_sessions', 'denial');
  }
}
