import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

const INDICES = [
  ['remote_sessions', new TableIndex({ name: 'ix_remote_sessions_user', columnNames: ['userId'] })],
  ['maintenance_jobs', new TableIndex({ name: 'ix_maintenance_jobs_user', columnNames: ['userId'] })],
  ['audit_events', new TableIndex({ name: 'ix_audit_events_actor', columnNames: ['actor'] })],
  ['audit_events', new TableIndex({ name: 'ix_audit_events_target', columnNames: ['target'] })],
] as const;

/** External clients can be deactivated; what one requester did is found without reading all rows. */
export class ClientActivity1763683200020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const postgres = runner.connection.options.type === 'postgres';
    const active = new TableColumn({ name: 'active', type: 'boolean', default: postgres ? 'true' : '1' });
    await runner.addColumn('external_clients', active);
    for (const [table, index] of INDICES) await runner.createIndex(table, index);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, index] of INDICES) await runner.dropIndex(table, index);
    await runner.dropColumn('external_clients', 'active');
  }
}
