import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { uuid } from '../migration-columns';

/** Which API token a token was created with; with it, this one is revoked, too. */
export class TokenLineage1763683200030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('api_tokens', new TableColumn(uuid('parentId', { isNullable: true })));
    await runner.createIndex('api_tokens', new TableIndex({ name: 'ix_api_tokens_parent', columnNames: ['parentId'] }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('api_tokens', 'ix_api_tokens_parent');
    await runner.dropColumn('api_tokens', 'parentId');
  }
}
