import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { longText } from '../migration-columns';

/** Campaigns that set settings. */
export class CampaignSettings1763683200066 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('campaigns', new TableColumn(longText('settings', { isNullable: true })));
    const no = runner.connection.options.type === 'postgres' ? 'false' : '0';
    const onlyDiffering = { name: 'onlyDiffering', type: 'boolean', default: no };
    await runner.addColumn('campaigns', new TableColumn(onlyDiffering));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('campaigns', 'onlyDiffering');
    await runner.dropColumn('campaigns', 'settings');
  }
}
