import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

const index = new TableIndex({ name: 'ix_maintenance_jobs_deadline', columnNames: ['deadlineAt'] });

/** Finds the maintenance jobs whose deadline has passed. */
export class JobDeadlines1763683200011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createIndex('maintenance_jobs', index);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('maintenance_jobs', index);
  }
}
