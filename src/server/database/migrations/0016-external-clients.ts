import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash, instant, longText, text, uuid } from '../migration-columns';

/** External clients and their access tokens; sessions and jobs know whether a user or a client asked for them. */
export class ExternalClients1763683200016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'external_clients',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_external_clients' }),
          text('name', 50),
          hash('secretHash'),
          hash('previousSecretHash', { isNullable: true }),
          instant('previousSecretUntil', { isNullable: true }),
          longText('scopes'),
          longText('limits'),
          { name: 'requestsPerMinute', type: 'integer' },
          instant('expiresAt', { isNullable: true }),
          instant('createdAt'),
          text('createdBy', 100),
          instant('lastUsedAt', { isNullable: true }),
          instant('revokedAt', { isNullable: true }),
        ],
        indices: [new TableIndex({ name: 'ux_external_clients_name', columnNames: ['name'], isUnique: true })],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'access_tokens',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_access_tokens' }),
          uuid('clientId'),
          hash('secretHash'),
          longText('scopes'),
          instant('createdAt'),
          instant('expiresAt'),
        ],
        indices: [new TableIndex({ name: 'ix_access_tokens_client', columnNames: ['clientId'] })],
      }),
    );
    for (const table of ['remote_sessions', 'maintenance_jobs'])
      await runner.addColumn(table, new TableColumn(text('askerKind', 8, { default: "'user'" })));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['maintenance_jobs', 'remote_sessions']) await runner.dropColumn(table, 'askerKind');
    for (const table of ['access_tokens', 'external_clients']) await runner.dropTable(table);
  }
}
