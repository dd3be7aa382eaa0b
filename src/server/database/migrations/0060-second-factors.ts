import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash, instant, longText, text, uuid } from '../migration-columns';

/** Second factors of users, and their recovery codes. */
export class SecondFactors1763683200060 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'second_factors',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_second_factors' }),
          uuid('userId'),
          text('kind', 16),
          text('name', 100),
          longText('secret'),
          text('credentialId', 1364, { isNullable: true }),
          { name: 'counter', type: 'bigint', default: 0 },
          instant('createdAt'),
          instant('confirmedAt', { isNullable: true }),
          instant('lastUsedAt', { isNullable: true }),
        ],
        indices: [
          new TableIndex({ name: 'ix_second_factors_user', columnNames: ['userId'] }),
          new TableIndex({ name: 'ux_second_factors_credential', columnNames: ['credentialId'], isUnique: true }),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'recovery_codes',
        columns: [hash('codeHash', { isPrimary: true, primaryKeyConstraintName: 'pk_recovery_codes' }), uuid('userId')],
        indices: [new TableIndex({ name: 'ix_recovery_codes_user', columnNames: ['userId'] })],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('recovery_codes');
    await runner.dropTable('second_factors');
  }
}
