import { Table, TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash, instant, longText, text, uuid } from '../migration-columns';

/** The installation that each agent's account belongs to, accounts that were removed, and notices about agents. */
export class Installations1763683200017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns('agents', [
      new TableColumn(uuid('installationId', { isNullable: true })),
      new TableColumn(hash('continuationHash', { isNullable: true })),
    ]);
    await runner.createTable(
      new Table({
        name: 'removed_agents',
        columns: [
          text('id', 64, { isPrimary: true, primaryKeyConstraintName: 'pk_removed_agents' }),
          longText('scramSha1'),
          longText('scramSha256'),
          instant('removedAt'),
        ],
      }),
    );
    await runner.addColumn('notices', new TableColumn(text('agentId', 64, { isNullable: true })));
    await permitNull(runner, true);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM notices WHERE "remoteSessionId" IS NULL`);
    await permitNull(runner, false);
    await runner.dropColumn('notices', 'agentId');
    await runner.dropTable('removed_agents');
    await runner.dropColumns('agents', ['installationId', 'continuationHash']);
  }
}

/** On PostgreSQL, `changeColumn` would create the column again, without what is stored and without its index. */
async function permitNull(runner: QueryRunner, isNullable: boolean): Promise<void> {
  const name = 'remoteSessionId';
  if (runner.connection.options.type === 'postgres')
    await runner.query(`ALTER TABLE notices ALTER COLUMN "${name}" ${isNullable ? 'DROP' : 'SET'} NOT NULL`);
  else await runner.changeColumn('notices', name, new TableColumn(uuid(name, { isNullable })));
}
