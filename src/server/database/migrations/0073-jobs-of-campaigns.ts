import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';

/** Which campaign has requested a job. Jobs from before do not say so. */
export class JobsOfCampaigns1763683200073 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const campaign = new TableColumn({ name: 'campaignId', type: 'varchar', length: '36', isNullable: true });
    await runner.addColumn('maintenance_jobs', campaign);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('maintenance_jobs', 'campaignId');
  }
}
