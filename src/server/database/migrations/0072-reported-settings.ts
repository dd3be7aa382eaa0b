import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { parseJson } from '../../../protocol/parse-json';
import { longText } from '../migration-columns';

interface Stored {
  readonly deviceId: string;
  readonly rows: string;
}

function valuesIn(rows: string): string {
  const parsed = parseJson(rows);
  const all = Array.isArray(parsed) ? (parsed as { name: string; value: string | null }[]) : [];
  return JSON.stringify(Object.fromEntries(all.map(({ name, value }) => [name, value])));
}

/** The values of settings without what else is known of them, so that the database compares them quickly. */
export class ReportedSettings1763683200072 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('device_settings', new TableColumn(longText('reported', { isNullable: true })));
    const stored = (await runner.query('SELECT "deviceId", "rows" FROM device_settings')) as Stored[];
    for (const { deviceId, rows } of stored) {
      const update = runner.manager
        .createQueryBuilder()
        .update('device_settings')
        .set({ reported: valuesIn(rows) });
      await update.where('"deviceId" = :deviceId', { deviceId }).execute();
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('device_settings', 'reported');
  }
}
