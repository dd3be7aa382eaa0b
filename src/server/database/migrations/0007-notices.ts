import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, text, uuid } from '../migration-columns';

/** Notices with the state of their e-mail, and each user's administrator. */
export class Notices1763683200007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('users', new TableColumn(uuid('administratorId', { isNullable: true })));
    await runner.createTable(
      new Table({
        name: 'notices',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_notices' }),
          uuid('recipientId'),
          text('kind', 32),
          uuid('remoteSessionId'),
          instant('at'),
          text('deviceId', 64),
          text('deviceName', 100),
          text('applicationId', 64),
          text('userName', 100),
          instant('readAt', { isNullable: true }),
          text('mail', 16),
          { name: 'attempts', type: 'integer', default: 0 },
          instant('nextAttemptAt', { isNullable: true }),
          instant('claimedAt', { isNullable: true }),
          text('messageId', 400, { isNullable: true }),
        ],
        indices: [
          new TableIndex({
            name: 'ux_notices_once',
            columnNames: ['recipientId', 'kind', 'remoteSessionId'],
            isUnique: true,
          }),
          new TableIndex({ name: 'ix_notices_recipient', columnNames: ['recipientId', 'at'] }),
          new TableIndex({ name: 'ix_notices_mail', columnNames: ['mail', 'nextAttemptAt'] }),
          new TableIndex({ name: 'ix_notices_at', columnNames: ['at'] }),
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('notices');
    await runner.dropColumn('users', 'administratorId');
  }
}
