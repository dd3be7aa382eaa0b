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
    await runner.changeColumn(
      'notices',
      'remoteSessionId',
      new TableColumn(uuid('remoteSessionId', { isNullable: true })),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM notices WHERE "remoteSessionId" IS NULL`);
    await runner.changeColumn('notices', 'remoteSessionId', new TableColumn(uuid('remoteSessionId')));
    await runner.dropColumn('notices', 'agentId');
    await runner.dropTable('removed_agents');
    await runner.dropColumns('agents', ['installationId', 'continuationHash']);
  }
}
