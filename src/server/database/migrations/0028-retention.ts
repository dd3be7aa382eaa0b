import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

const INDICES = [
  ['audit_events', new TableIndex({ name: 'ix_audit_events_at', columnNames: ['at'] })],
  ['denials', new TableIndex({ name: 'ix_denials_reported', columnNames: ['reportedAt'] })],
] as const;

/** A day less than the shortest PLATEN_KEEP_AUDIT_DAYS: the database's clock may differ from the server's. */
const FINAL_SECONDS = 364 * 24 * 60 * 60;

/** Finds old rows without reading all, and permits the deletion of audit events after a year. */
export class Retention1763683200028 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, index] of INDICES) await runner.createIndex(table, index);
    if (runner.connection.options.type === 'postgres')
      await replaceFunction(
        runner,
        `IF TG_OP = 'DELETE' AND OLD.at < (extract(epoch FROM now()) - ${FINAL_SECONDS}) * 1000 THEN RETURN OLD; END IF;`,
      );
    else await replaceTrigger(runner, `WHEN OLD.at >= (strftime('%s', 'now') - ${FINAL_SECONDS}) * 1000`);
  }

  async down(runner: QueryRunner): Promise<void> {
    if (runner.connection.options.type === 'postgres') await replaceFunction(runner, '');
    else await replaceTrigger(runner, '');
    for (const [table, index] of INDICES) await runner.dropIndex(table, index);
  }
}

async function replaceTrigger(runner: QueryRunner, when: string): Promise<void> {
  await runner.query('DROP TRIGGER audit_events_no_delete');
  await runner.query(
    `CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events ${when}
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
  );
}

async function replaceFunction(runner: QueryRunner, permit: string): Promise<void> {
  await runner.query(
    `CREATE OR REPLACE FUNCTION audit_events_append_only() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN ${permit} RAISE EXCEPTION 'the audit log is append-only'; END $$`,
  );
}
