// How much room the meter readings of a fleet take, and how long it takes to record, read, thin and report them. Uses the compiled
// repositories on a SQLite file of its own, or on PostgreSQL.
//   node bench/database/readings.mjs [--devices 500] [--years 5] [--each-day 20] [--postgres postgres://...]
// The readings are filled in as they are after thinning: all of the last 30 days, one of each day of 400 days, then one of each
// month. Numbers for 5,000 devices are ten times those of 500, as far as they are per fleet.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '500' },
    years: { type: 'string', default: '5' },
    'each-day': { type: 'string', default: '20' },
    postgres: { type: 'string' },
  },
});
const [DEVICES, YEARS, EACH_DAY] = [options.devices, options.years, options['each-day']].map(Number);
const DAY_MS = 86_400_000;
const ROWS = 500;

const require = createRequire(import.meta.url);
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const load = (file) => Object.assign({}, require(join(dist, file)));
const { dataSourceOptions } = load('ormconfig.js');
const { readConfig } = load('src/server/config/config.js');
const { openDatabase } = load('src/server/database/open-database.js');
const { BatchedWrites } = load('src/server/database/batched-writes.js');
const { AgentEntity } = load('src/server/devices/agents/agent.entity.js');
const { DeviceEntity } = load('src/server/devices/device.entity.js');
const { MeteredDeviceEntity } = load('src/server/readings/metered-device.entity.js');
const { MeterJumpEntity, ReadingEntity, ReadingScheduleEntity } = load('src/server/readings/reading.entity.js');
const { ReadingsRepository } = load('src/server/readings/readings.repository.js');
const { ThinningRepository } = load('src/server/readings/thinning.repository.js');
const { cutoffsAt, startOfDay, startOfMonth } = load('src/server/readings/thinning.js');
const { ReportMailEntity, ReportTemplateEntity } = load('src/server/readings/report/report.entities.js');
const { ReportsRepository } = load('src/server/readings/report/reports.repository.js');
const { ReportsService } = load('src/server/readings/report/reports.service.js');
const { fileOf } = load('src/server/readings/report/report-file.js');

const folder = mkdtempSync(join(tmpdir(), 'platen-readings-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const config = readConfig({
  PLATEN_DATA: folder,
  ...(options.postgres && { PLATEN_DATABASE_URL: options.postgres }),
});
const database = await openDatabase(dataSourceOptions(config), { encryptionKey: randomBytes(32) });
const rows = (entity) => database.getRepository(entity);
const readings = new ReadingsRepository(
  rows(MeteredDeviceEntity),
  rows(ReadingEntity),
  rows(MeterJumpEntity),
  rows(ReadingScheduleEntity),
  new BatchedWrites(database),
);
const thinning = new ThinningRepository(rows(MeteredDeviceEntity));
const customers = { list: async () => [], reachOf: async () => EVERYTHING, named: async () => new Map() };
const EVERYTHING = { sites: null, devices: null, requesterId: null };
const reports = new ReportsService(
  new ReportsRepository(rows(MeteredDeviceEntity), rows(ReportTemplateEntity), rows(ReportMailEntity)),
  customers,
  { record: async () => undefined },
);

const now = new Date();
const supplies = ['Black', 'Cyan', 'Magenta', 'Yellow'].map((name) => ({
  ...{ key: `${name} Toner`, name: `${name} Toner`, type: 'toner', colour: name.toLowerCase() },
}));
const countersAt = (at) => {
  const total = Math.round((at.getTime() - now.getTime() + YEARS * 366 * DAY_MS) / 3_600_000);
  const names = [
    'impressions',
    'impressions-monochrome',
    'impressions-full-color',
    'prints',
    'copies',
    'faxes',
    'scans',
  ];
  return Object.fromEntries(names.map((name, index) => [name, Math.round(total / (index + 1))]));
};
const levelsAt = (at) =>
  Object.fromEntries(
    supplies.map(({ key }, index) => [key, 100 - (Math.floor(at.getTime() / DAY_MS / (index + 1)) % 100)]),
  );
const readingAt = (meteredDeviceId, at) => ({
  ...{
    meteredDeviceId,
    at,
    state: 'idle',
    counters: countersAt(at),
    levels: levelsAt(at),
    enteredBy: null,
    reason: null,
  },
});

/** The moments of the readings of one device that are kept. */
function momentsKept() {
  const [oldest, daily, all] = [YEARS * 365, 400, 30].map((days) => now.getTime() - days * DAY_MS);
  const moments = [];
  for (let at = oldest; at < daily; at += 30.4 * DAY_MS) moments.push(at);
  for (let at = Math.max(daily, oldest); at < all; at += DAY_MS) moments.push(at);
  for (let at = all; at < now.getTime() - DAY_MS / EACH_DAY; at += DAY_MS / EACH_DAY) moments.push(at);
  return moments.map((at) => new Date(Math.round(at)));
}

const key = { salt: '', iterations: 1, storedKey: '', serverKey: '' };
await rows(AgentEntity).insert({ id: 'a', scramSha1: key, scramSha256: key, createdAt: now, siteId: null });
const moments = momentsKept();
const filling = performance.now();
for (let id = 1; id <= DEVICES; id += 1) {
  const device = { name: `Copy room ${id}`, model: 'Example 3050ci', serialNumber: `X${id}` };
  await rows(DeviceEntity).insert({
    ...{
      ...device,
      id: `d-${id}`,
      agentId: 'a',
      kind: 'mfp',
      location: '',
      applications: [],
      operations: [],
      announcedAt: now,
    },
  });
  await rows(MeteredDeviceEntity).insert({
    ...{
      ...device,
      id,
      deviceId: `d-${id}`,
      customerId: null,
      siteId: null,
      supplies,
      counters: countersAt(now),
      sources: {},
    },
    ...{ countedAt: now, firstAt: moments[0], lastAt: moments.at(-1), nextAt: now },
    ...{
      dailyUntil: startOfDay(new Date(now - 31 * DAY_MS)),
      monthlyUntil: startOfMonth(new Date(now - 440 * DAY_MS)),
    },
  });
  for (let from = 0; from < moments.length; from += ROWS)
    await database
      .createQueryBuilder()
      .insert()
      .into(ReadingEntity)
      .values(moments.slice(from, from + ROWS).map((at) => readingAt(id, at)))
      .updateEntity(false)
      .execute();
}
if (options.postgres) await database.query(`SELECT setval('metered_devices_id_seq', ${DEVICES})`);
const filled = DEVICES * moments.length;
console.log(`${DEVICES} devices x ${YEARS} years: ${filled} readings, ${moments.length} of each device`);
console.log(`  filled in ${((performance.now() - filling) / 1000).toFixed(1)} s`);
if (options.postgres) {
  const [{ bytes }] = await database.query(`SELECT pg_total_relation_size('readings') AS bytes`);
  console.log(`  ${(Number(bytes) / filled).toFixed(0)} bytes each, indexes included`);
  await database.query('ANALYZE');
} else {
  await database.query('PRAGMA wal_checkpoint(TRUNCATE)');
  console.log(`  ${(statSync(join(folder, 'platen.sqlite')).size / filled).toFixed(0)} bytes each, indexes included`);
}

/** Median and 95th percentile of repeated calls. */
async function measure(what, times, run) {
  const took = [];
  for (let n = 0; n < times; n += 1) {
    const began = performance.now();
    await run(n);
    took.push(performance.now() - began);
  }
  took.sort((one, other) => one - other);
  const at = (part) => took[Math.min(took.length - 1, Math.floor(took.length * part))].toFixed(1);
  console.log(`${what}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`);
}

const information = (n) => ({
  ...{
    reached: true,
    problem: null,
    state: 'idle',
    alerts: [],
    counters: countersAt(new Date(now.getTime() + n * 60_000)),
  },
  ...{ supplies: supplies.map((supply) => ({ ...supply, level: 50 })), model: 'Example 3050ci', firmwareVersion: '1' },
});
const pick = (n) => 1 + ((n * 7_919) % DEVICES);
await measure('booking one reading', 200, (n) =>
  readings.record(
    { id: `d-${pick(n)}`, agentId: 'a' },
    { ...information(n), serialNumber: `X${pick(n)}` },
    new Date(),
    () => now,
  ),
);
const since = (days) => new Date(now.getTime() - days * DAY_MS);
await measure('readings of a device, 30 days, 300 points', 100, (n) => readings.sampled(pick(n), since(30), now, 300));
await measure('readings of a device, 5 years, 300 points', 100, (n) =>
  readings.sampled(pick(n), since(1_826), now, 300),
);
await measure('devices that are due', 50, () => readings.due(now, 20));

const month = { from: since(45).toISOString().slice(0, 10), to: since(15).toISOString().slice(0, 10) };
let report;
await measure(`report of ${DEVICES} devices`, 5, async () => {
  report = await reports.report({ userId: 'u', role: 'admin' }, month);
});
for (const format of ['csv', 'xlsx', 'json']) await measure(`  as ${format}`, 3, async () => fileOf(report, format));

const cutoffs = cutoffsAt(now, config);
const thinningSince = performance.now();
let [deleted, longest, steps] = [0, 0, 0];
for (let isMore = true; isMore; steps += 1) {
  const began = performance.now();
  const step = await thinning.thin(cutoffs, 20);
  longest = Math.max(longest, performance.now() - began);
  deleted += step.deleted;
  isMore = step.isMore;
}
console.log(
  `thinning a day of all devices: ${deleted} readings in ${steps} transactions, ${(performance.now() - thinningSince).toFixed(0)} ms ` +
    `in all, ${longest.toFixed(0)} ms the longest`,
);
await database.destroy();
