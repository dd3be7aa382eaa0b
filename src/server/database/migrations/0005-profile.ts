import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { text } from '../migration-columns';

/** What a user may say about themselves: where mail reaches them, and the language of their console. */
export class Profile1763683200005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns('users', [
      new TableColumn(text('email', 254, { isNullable: true })),
      new TableColumn(text('language', 8, { isNullable: true })),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumns('users', ['email', 'language']);
  }
}
