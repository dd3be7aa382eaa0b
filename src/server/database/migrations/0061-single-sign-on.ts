import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { text } from '../migration-columns';

/** How a user logs in, and who the user is at the provider of single sign-on. */
export class SingleSignOn1763683200061 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns('users', [
      new TableColumn(text('login', 16, { default: "'password'" })),
      new TableColumn(text('issuer', 500, { isNullable: true })),
      new TableColumn(text('subject', 255, { isNullable: true })),
    ]);
    const index = { name: 'ux_users_subject', columnNames: ['issuer', 'subject'], isUnique: true };
    await runner.createIndex('users', new TableIndex(index));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('users', 'ux_users_subject');
    await runner.dropColumns('users', ['login', 'issuer', 'subject']);
  }
}
