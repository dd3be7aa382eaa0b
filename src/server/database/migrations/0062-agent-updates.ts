import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash, instant, longText, text, uuid } from '../migration-columns';

/** What agents report of their updates, and the rollouts of releases to them. */
export class AgentUpdates1763683200062 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'agent_updates',
        columns: [
          text('agentId', 64, { isPrimary: true, primaryKeyConstraintName: 'pk_agent_updates' }),
          { name: 'permitted', type: 'boolean' },
          text('phase', 16),
          text('version', 64, { isNullable: true }),
          text('detail', 200),
          text('offered', 64, { isNullable: true }),
          hash('tokenHash', { isNullable: true }),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'agent_rollouts',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_agent_rollouts' }),
          text('version', 64),
          text('state', 16),
          text('open', 16, { isNullable: true }),
          text('reason', 300),
          longText('canaries'),
          longText('customerIds', { isNullable: true }),
          { name: 'soakMinutes', type: 'integer' },
          instant('canariesUpdatedAt', { isNullable: true }),
          instant('startedAt'),
          text('startedBy', 100),
          instant('endedAt', { isNullable: true }),
          { name: 'retry', type: 'boolean' },
        ],
        indices: [new TableIndex({ name: 'uq_agent_rollouts_open', columnNames: ['open'], isUnique: true })],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('agent_rollouts');
    await runner.dropTable('agent_updates');
  }
}
