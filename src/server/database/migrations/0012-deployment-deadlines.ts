import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

const index = new TableIndex({ name: 'ix_deployments_deadline', columnNames: ['deadlineAt'] });

/** Finds the deployments whose deadline has passed. */
export class DeploymentDeadlines1763683200012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createIndex('deployments', index);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('deployments', index);
  }
}
