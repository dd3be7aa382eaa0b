import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

const DEADLINE = { name: 'ix_maintenance_jobs_deadline', columnNames: ['deadlineAt'] };

const ADDED = [
  ['remote_sessions', { name: 'ix_remote_sessions_agent', columnNames: ['agentId', 'openPair'] }],
  ['maintenance_jobs', { ...DEADLINE, columnNames: ['state', 'deadlineAt'] }],
  ['notices', { name: 'ix_notices_agent', columnNames: ['agentId', 'readAt'] }],
] as const;

/** What is asked at each login of an agent and at each start is found without reading all past sessions and jobs. */
export class GrowingTables1763683200026 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('maintenance_jobs', DEADLINE.name);
    for (const [table, { name, columnNames }] of ADDED)
      await runner.createIndex(table, new TableIndex({ name, columnNames: [...columnNames] }));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, { name }] of ADDED) await runner.dropIndex(table, name);
    await runner.createIndex('maintenance_jobs', new TableIndex(DEADLINE));
  }
}
