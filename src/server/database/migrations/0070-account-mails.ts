import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text, uuid } from '../migration-columns';

/** Mails about accounts. The events of one account are read from the audit trail by its target, newest first. */
export class AccountMails1763683200070 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'account_mails',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_account_mails' }),
          uuid('userId'),
          text('recipient', 254),
          text('event', 32),
          longText('facts'),
          instant('at'),
          text('state', 16),
          { name: 'attempts', type: 'integer', default: 0 },
          instant('nextAttemptAt', { isNullable: true }),
          instant('claimedAt', { isNullable: true }),
          uuid('mailId', { isNullable: true }),
        ],
        indices: [
          new TableIndex({ name: 'ix_account_mails_user', columnNames: ['userId', 'at'] }),
          new TableIndex({ name: 'ix_account_mails_due', columnNames: ['state', 'nextAttemptAt'] }),
          new TableIndex({ name: 'ix_account_mails_at', columnNames: ['at'] }),
        ],
      }),
    );
    await runner.query('DROP INDEX ix_audit_events_target');
    await runner.query('CREATE INDEX ix_audit_events_target ON audit_events (target, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_audit_events_target');
    await runner.query('CREATE INDEX ix_audit_events_target ON audit_events (target)');
    await runner.dropTable('account_mails');
  }
}
