import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text, uuid } from '../migration-columns';

/** Settings templates, and from which one a campaign has its values. */
export class SettingsTemplates1763683200067 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'settings_templates',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_settings_templates' }),
          text('name', 100),
          longText('settings'),
          longText('devices'),
          { name: 'version', type: 'integer' },
          instant('changedAt'),
          text('changedBy', 100),
        ],
        indices: [new TableIndex({ name: 'ux_settings_templates_name', columnNames: ['name'], isUnique: true })],
      }),
    );
    await runner.addColumn('campaigns', new TableColumn(uuid('templateId', { isNullable: true })));
    await runner.addColumn('campaigns', new TableColumn(text('templateName', 100, { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of ['templateName', 'templateId']) await runner.dropColumn('campaigns', column);
    await runner.dropTable('settings_templates');
  }
}
