import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash, instant, longText, text, uuid } from '../migration-columns';

/** Users, their logins, and the audit trail. */
export class Auth1763683200001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const postgres = runner.connection.options.type === 'postgres';
    await runner.createTable(
      new Table({
        name: 'users',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_users' }),
          text('username', 64),
          text('displayName', 100),
          text('role', 32),
          { name: 'active', type: 'boolean', default: postgres ? 'true' : '1' },
          text('passwordHash', 200),
          instant('createdAt'),
        ],
        indices: [new TableIndex({ name: 'ux_users_username', columnNames: ['username'], isUnique: true })],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'cookie_sessions',
        columns: [
          hash('idHash', { isPrimary: true, primaryKeyConstraintName: 'pk_cookie_sessions' }),
          uuid('userId', { isNullable: true }),
          longText('data'),
          instant('expiresAt'),
        ],
        indices: [
          new TableIndex({ name: 'ix_cookie_sessions_user', columnNames: ['userId'] }),
          new TableIndex({ name: 'ix_cookie_sessions_expires', columnNames: ['expiresAt'] }),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'api_tokens',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_api_tokens' }),
          uuid('userId'),
          text('name', 100),
          hash('secretHash'),
          instant('createdAt'),
          instant('expiresAt', { isNullable: true }),
          instant('lastUsedAt', { isNullable: true }),
        ],
        indices: [new TableIndex({ name: 'ix_api_tokens_user', columnNames: ['userId'] })],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'audit_events',
        columns: [
          {
            name: 'id',
            type: 'integer',
            isPrimary: true,
            isGenerated: true,
            generationStrategy: 'increment',
            primaryKeyConstraintName: 'pk_audit_events',
          },
          instant('at'),
          text('actor', 64),
          text('action', 64),
          text('target', 200),
          longText('detail'),
        ],
      }),
    );
    await (postgres ? appendOnlyInPostgres(runner) : appendOnlyInSqlite(runner));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['audit_events', 'api_tokens', 'cookie_sessions', 'users']) await runner.dropTable(table);
    if (runner.connection.options.type === 'postgres') await runner.query('DROP FUNCTION audit_events_append_only()');
  }
}

async function appendOnlyInSqlite(runner: QueryRunner): Promise<void> {
  for (const change of ['UPDATE', 'DELETE'])
    await runner.query(
      `CREATE TRIGGER audit_events_no_${change.toLowerCase()} BEFORE ${change} ON audit_events
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
    );
}

async function appendOnlyInPostgres(runner: QueryRunner): Promise<void> {
  await runner.query(
    `CREATE FUNCTION audit_events_append_only() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$`,
  );
  await runner.query(
    `CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events
     FOR EACH ROW EXECUTE FUNCTION audit_events_append_only()`,
  );
}
