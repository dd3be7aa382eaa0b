import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { text } from '../migration-columns';

/** A user's own settings: the e-mail address and the language of the console. */
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
