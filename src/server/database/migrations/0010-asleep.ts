import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text } from '../migration-columns';

/** The site of each agent, and the data to wake agents that save power. */
export class Asleep1763683200010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns('agents', [
      new TableColumn(text('site', 64, { isNullable: true })),
      new TableColumn(instant('asleepSince', { isNullable: true })),
      new TableColumn(longText('wake', { isNullable: true })),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumns('agents', ['site', 'asleepSince', 'wake']);
  }
}
