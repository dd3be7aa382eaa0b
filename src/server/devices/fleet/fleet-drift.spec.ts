import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../../ormconfig';
import { newDatabase } from '../../../../test/support/server/new-database';
import type { DriftState, SettingRow } from '../../../protocol/device-settings';
import { readConfig } from '../../config/config';
import type { Secrets } from '../../config/secrets';
import { EVERYTHING } from '../../customers/reach';
import { openDatabase } from '../../database/open-database';
import { DeviceEntity } from '../device.entity';
import { DeviceSettingsEntity, reportedValues } from '../settings/device-settings.entity';
import { comparedSettings, driftStateOf } from '../settings/setting-differences';
import { FleetRepository } from './fleet.repository';

const folder = mkdtempSync(join(tmpdir(), 'platen-drift-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const row = (name: string, value: string | null): SettingRow => ({
  ...{ name, value, outcome: 'read', source: 'ipp', settable: true, choices: [], detail: '' },
});
const WANTED = { location: 'Hall', 'sides-default': 'one-sided' };
const hall = row('location', 'Hall');
const oneSided = row('sides-default', 'one-sided');

/** What each device has reported last, or undefined; whether its settings can be read. */
const DEVICES: Record<string, { rows?: SettingRow[]; reads: boolean; state: DriftState }> = {
  same: { rows: [oneSided, hall, row('name', 'x')], reads: true, state: 'same' },
  case: { rows: [row('location', 'hall'), oneSided], reads: true, state: 'differs' },
  space: { rows: [row('location', 'Hall '), oneSided], reads: true, state: 'differs' },
  empty: { rows: [row('location', ''), oneSided], reads: true, state: 'differs' },
  quoted: { rows: [row('location', `"Hall' \\`), oneSided], reads: true, state: 'differs' },
  'worst first': { rows: [row('location', null), row('sides-default', 'x')], reads: true, state: 'differs' },
  never: { reads: true, state: 'unknown' },
  partly: { rows: [hall], reads: true, state: 'unknown' },
  'without the setting': { rows: [hall, row('sides-default', null)], reads: true, state: 'unsupported' },
  unreadable: { reads: false, state: 'unsupported' },
  'no longer readable': { rows: [hall], reads: false, state: 'unsupported' },
};

describe.each(['SQLite', 'PostgreSQL'])('devices compared with wanted settings on %s', (name) => {
  let database: DataSource;
  let fleet: FleetRepository;
  beforeAll(async () => {
    const other = name === 'PostgreSQL' && { PLATEN_DATABASE_URL: await newDatabase() };
    const options = dataSourceOptions(readConfig({ PLATEN_DATA: folder, ...other }));
    database = await openDatabase(options, { encryptionKey: randomBytes(32) } as unknown as Secrets);
    fleet = new FleetRepository(database.getRepository(DeviceEntity));
    await database.query(
      `INSERT INTO agents (id, "scramSha1", "scramSha256", "createdAt", version) VALUES ('a', '{}', '{}', 0, '1')`,
    );
    const device = { agentId: 'a', kind: 'mfp', model: '', serialNumber: '', location: '' } as const;
    for (const [id, { rows, reads }] of Object.entries(DEVICES)) {
      const operations = ['counters', ...(reads ? ['settings-read'] : [])] as DeviceEntity['operations'];
      await database
        .getRepository(DeviceEntity)
        .insert({ ...device, id, name: id, applications: [], operations, announcedAt: new Date() });
      if (!rows) continue;
      const values = { deviceId: id, rows, reported: reportedValues(rows), readAt: new Date(), jobId: randomUUID() };
      await database.getRepository(DeviceSettingsEntity).insert(values);
    }
  });
  afterAll(() => database?.destroy());

  const selection = (state?: DriftState) => ({
    ...{ reach: EVERYTHING, filter: {}, onlineAgents: [], now: new Date() },
    drift: { wanted: WANTED, ...(state && { state }) },
  });
  const named = (state: DriftState) =>
    Object.keys(DEVICES)
      .filter((id) => DEVICES[id]!.state === state)
      .sort();

  it.each(['differs', 'unknown', 'unsupported', 'same'] as const)('are found in the state %s', async (state) => {
    expect((await fleet.ids(selection(state))).sort()).toEqual(named(state));
  });

  it('are counted by their state', async () => {
    const counts = await fleet.driftCounts(selection(), WANTED);
    for (const state of ['differs', 'unknown', 'unsupported', 'same'] as const)
      expect([state, counts.get(state)]).toEqual([state, named(state).length]);
  });
});

it.each(Object.entries(DEVICES))('%s is compared alike outside the database', (_id, { rows = [], reads, state }) => {
  expect(driftStateOf(comparedSettings(WANTED, rows, reads ? 'unknown' : 'unsupported'))).toBe(state);
});
