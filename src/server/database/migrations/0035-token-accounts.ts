import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';

/** Whether an API token covers users and external clients; those from before do not. */
export class TokenAccounts1763683200035 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const no = runner.connection.options.type === 'postgres' ? 'false' : '0';
    await runner.addColumn('api_tokens', new TableColumn({ name: 'accounts', type: 'boolean', default: no }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('api_tokens', 'accounts');
  }
}
