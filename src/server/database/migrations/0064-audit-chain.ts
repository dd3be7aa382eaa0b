import { createHash } from 'node:crypto';
import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { longText } from '../migration-columns';

/** Rows that are read and written at once. */
const ROWS = 1_000;

interface Entry {
  id: number;
  at: string | number;
  actor: string;
  action: string;
  target: string;
  detail: string;
}

/** The hash chain of the audit trail, also of the entries that there are. */
export class AuditChain1763683200064 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // not with TypeORM, which would recreate the table without its triggers
    await runner.query(`ALTER TABLE audit_events ADD COLUMN "hash" varchar(43) NOT NULL DEFAULT ''`);
    await unprotected(runner, () => chain(runner));
    await runner.createTable(
      new Table({
        name: 'audit_chain',
        columns: [
          { name: 'id', type: 'integer', isPrimary: true, primaryKeyConstraintName: 'pk_audit_chain' },
          longText('head', { isNullable: true }),
        ],
      }),
    );
    await runner.query('INSERT INTO audit_chain (id) VALUES (1)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('audit_chain');
    await runner.query('ALTER TABLE audit_events DROP COLUMN "hash"');
    if (runner.connection.options.type === 'postgres')
      await runner.query(
        `SELECT setval(pg_get_serial_sequence('audit_events', 'id'), coalesce(max(id), 0) + 1, false) FROM audit_events`,
      );
  }
}

async function chain(runner: QueryRunner): Promise<void> {
  const isPostgres = runner.connection.options.type === 'postgres';
  const update = isPostgres
    ? `UPDATE audit_events SET hash = row.value ->> 1 FROM json_array_elements($1::json) AS row(value)
       WHERE audit_events.id = (row.value ->> 0)::integer`
    : `UPDATE audit_events SET hash = json_extract(row.value, '$[1]') FROM json_each(?) AS row
       WHERE audit_events.id = json_extract(row.value, '$[0]')`;
  let previous = '';
  for (let after = 0; ;) {
    const rows = (await runner.query(
      `SELECT id, at, actor, action, target, detail FROM audit_events WHERE id > ${after} ORDER BY id LIMIT ${ROWS}`,
    )) as Entry[];
    const hashes = rows.map(({ id, at, actor, action, target, detail }) => {
      const content = [previous, id, new Date(Number(at)).toISOString(), actor, action, target, detail];
      previous = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
      return [id, previous];
    });
    if (rows.length > 0) await runner.query(update, [JSON.stringify(hashes)]);
    if (rows.length < ROWS) return;
    after = rows.at(-1)!.id;
  }
}

/** Without the trigger that refuses changes. */
async function unprotected(runner: QueryRunner, act: () => Promise<void>): Promise<void> {
  if (runner.connection.options.type === 'postgres') {
    await runner.query('ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only');
    await act();
    return void (await runner.query('ALTER TABLE audit_events ENABLE TRIGGER audit_events_append_only'));
  }
  await runner.query('DROP TRIGGER audit_events_no_update');
  await act();
  await runner.query(
    `CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
  );
}
