import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash, instant, longText, text } from '../migration-columns';

/** Agents, the codes that enrol them, and the devices behind them. */
export class Devices1763683200002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'agents',
        columns: [
          text('id', 64, { isPrimary: true, primaryKeyConstraintName: 'pk_agents' }),
          longText('scramSha1'),
          longText('scramSha256'),
          text('version', 40, { default: "''" }),
          instant('createdAt'),
          instant('lastSeenAt', { isNullable: true }),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'enrolment_codes',
        columns: [
          hash('codeHash', { isPrimary: true, primaryKeyConstraintName: 'pk_enrolment_codes' }),
          text('agentId', 64),
          instant('expiresAt'),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'devices',
        columns: [
          text('id', 64, { isPrimary: true, primaryKeyConstraintName: 'pk_devices' }),
          text('agentId', 64),
          text('name', 100),
          text('kind', 32),
          text('model', 200),
          text('serialNumber', 100),
          text('location', 200),
          longText('applications'),
          instant('announcedAt'),
        ],
        indices: [new TableIndex({ name: 'ix_devices_agent', columnNames: ['agentId'] })],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['devices', 'enrolment_codes', 'agents']) await runner.dropTable(table);
  }
}
