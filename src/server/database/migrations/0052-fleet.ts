import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text, uuid } from '../migration-columns';

const COLUMNS = [
  longText('announcedText', { default: "''" }),
  text('reportedState', 16, { default: "'none'" }),
  { name: 'severity', type: 'integer', default: 0 },
  text('firmwareVersion', 100, { default: "''" }),
  { name: 'supplyLevel', type: 'integer', default: 101 },
  text('reportedModel', 200, { default: "''" }),
  text('reportedSerialNumber', 100, { default: "''" }),
  longText('reportedText', { default: "''" }),
];
const INDEXES = [
  { name: 'ix_devices_name', columnNames: ['name', 'id'] },
  { name: 'ix_devices_severity', columnNames: ['severity', 'id'] },
  { name: 'ix_devices_supply', columnNames: ['supplyLevel', 'id'] },
  { name: 'ix_devices_firmware', columnNames: ['firmwareVersion', 'id'] },
];
const LAST_SEEN = { name: 'ix_agents_last_seen', columnNames: ['lastSeenAt'] };

/** Rows that are read at once. */
const ROWS = 200;
const SEVERITIES = ['report', 'warning', 'error'];

interface Announced {
  id: string;
  agentId: string;
  name: string;
  model: string;
  serialNumber: string;
  location: string;
  information: string | null;
}
interface Information {
  reached: boolean;
  state: string;
  alerts: { severity: string; code: string; text: string }[];
  supplies: { level: number | null }[];
  model: string;
  serialNumber: string;
  firmwareVersion: string;
}

/** What the device list is filtered and sorted by, as columns; and the views of it that users have saved. */
export class Fleet1763683200052 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns(
      'devices',
      COLUMNS.map((column) => new TableColumn(column)),
    );
    await fill(runner);
    for (const index of INDEXES) await runner.createIndex('devices', new TableIndex(index));
    await runner.createIndex('agents', new TableIndex(LAST_SEEN));
    await runner.createTable(
      new Table({
        name: 'fleet_views',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_fleet_views' }),
          uuid('userId'),
          text('name', 60),
          longText('query'),
          instant('createdAt'),
        ],
        indices: [new TableIndex({ name: 'ux_fleet_views_name', columnNames: ['userId', 'name'], isUnique: true })],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('fleet_views');
    await runner.dropIndex('agents', LAST_SEEN.name);
    for (const { name } of INDEXES) await runner.dropIndex('devices', name);
    await runner.dropColumns(
      'devices',
      COLUMNS.map(({ name }) => name),
    );
  }
}

async function fill(runner: QueryRunner): Promise<void> {
  const isPostgres = runner.connection.options.type === 'postgres';
  const mark = (n: number): string => (isPostgres ? `$${n}` : '?');
  for (let after = ''; ;) {
    const rows = (await runner.query(
      'SELECT d.id, d."agentId", d.name, d.model, d."serialNumber", d.location, i.information FROM devices d ' +
        `LEFT JOIN device_information i ON i."deviceId" = d.id WHERE d.id > ${mark(1)} ORDER BY d.id LIMIT ${ROWS}`,
      [after],
    )) as Announced[];
    for (const row of rows) {
      const values = { ...announcedOf(row), ...(row.information !== null && reportedOf(row.information)) };
      const set = Object.keys(values).map((name, index) => `"${name}" = ${mark(index + 1)}`);
      const parameters = [...(Object.values(values) as unknown[]), row.id];
      await runner.query(`UPDATE devices SET ${set.join(', ')} WHERE id = ${mark(parameters.length)}`, parameters);
    }
    if (rows.length < ROWS) return;
    after = rows.at(-1)!.id;
  }
}

const lower = (...texts: string[]): string => texts.join('\n').toLowerCase();

const announcedOf = ({ id, agentId, name, model, serialNumber, location }: Announced) => ({
  announcedText: lower(name, id, model, serialNumber, location, agentId),
});

function reportedOf(stored: string) {
  const known = JSON.parse(stored) as Information | null;
  if (!known) return {};
  const { reached, state, alerts, supplies, model, serialNumber, firmwareVersion } = known;
  return {
    reportedState: reached ? state : 'unreached',
    severity: Math.max(0, ...alerts.map(({ severity }) => SEVERITIES.indexOf(severity) + 1)),
    firmwareVersion,
    supplyLevel: Math.min(101, ...supplies.map(({ level }) => level ?? 101)),
    reportedModel: model,
    reportedSerialNumber: serialNumber,
    reportedText: lower(model, serialNumber, ...alerts.flatMap(({ text: shown, code }) => [shown, code])),
  };
}
