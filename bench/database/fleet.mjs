// How fast the device list is. Uses the compiled repositories on a SQLite file of its own, or on the empty database that
// PLATEN_DATABASE_URL names.
//   node bench/database/fleet.mjs [--devices 5000] [--rounds 60]
// Each round reads a page in every order and with several filters, the counts, the groups, and what the first screen needs;
// then all of it is exported while the event loop is watched.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from '../report.mjs';

const { values: options } = parseArgs({
  options: { devices: { type: 'string', default: '5000' }, rounds: { type: 'string', default: '60' } },
});
const [DEVICES, ROUNDS] = [Number(options.devices), Number(options.rounds)];
const PER_AGENT = 10;
const AGENTS_PER_SITE = 4;
const SITES_PER_CUSTOMER = 3;

const require = createRequire(import.meta.url);
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const load = (file) => Object.assign({}, require(join(dist, file)));
const { dataSourceOptions } = load('ormconfig.js');
const { readConfig } = load('src/server/config/config.js');
const { openDatabase } = load('src/server/database/open-database.js');
const { EVERYTHING } = load('src/server/customers/reach.js');
const { CustomerEntity, SiteEntity } = load('src/server/customers/customer.entity.js');
const { AgentEntity } = load('src/server/devices/agents/agent.entity.js');
const { DeviceEntity } = load('src/server/devices/device.entity.js');
const { DeviceInformationEntity } = load('src/server/devices/information/device-information.entity.js');
const { DeviceNotesEntity } = load('src/server/devices/notes/device-notes.entity.js');
const { FleetRepository } = load('src/server/devices/fleet/fleet.repository.js');
const { summaryOf } = load('src/server/devices/reported-summary.js');

const folder = mkdtempSync(join(tmpdir(), 'platen-fleet-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const { PLATEN_DATABASE_URL: url } = process.env;
const config = readConfig({ PLATEN_DATA: folder, ...(url && { PLATEN_DATABASE_URL: url }) });
const database = await openDatabase(dataSourceOptions(config), { encryptionKey: randomBytes(32) });
const rows = (entity) => database.getRepository(entity);
const fleet = new FleetRepository(rows(DeviceEntity));

const now = new Date();
const many = (count, make) => Array.from({ length: count }, (_, n) => make(n));
const insert = async (entity, values) => {
  for (let at = 0; at < values.length; at += 200) await rows(entity).insert(values.slice(at, at + 200));
};
const pick = (list, n) => list[(n * 7919) % list.length];

const agents = Math.ceil(DEVICES / PER_AGENT);
const sites = Math.ceil(agents / AGENTS_PER_SITE);
const customers = many(Math.ceil(sites / SITES_PER_CUSTOMER), (n) => ({
  id: randomUUID(),
  name: `Customer ${n}`,
  createdAt: now,
}));
const allSites = many(sites, (n) => {
  const customerId = customers[Math.floor(n / SITES_PER_CUSTOMER)].id;
  return { id: randomUUID(), customerId, name: `Site ${n}`, createdAt: now };
});
await insert(CustomerEntity, customers);
await insert(SiteEntity, allSites);
const key = { salt: 's', iterations: 10_000, storedKey: 'k', serverKey: 'v' };
const agentId = (n) => `agent-${n}`;
await insert(
  AgentEntity,
  many(agents, (n) => ({
    ...{
      id: agentId(n),
      scramSha1: key,
      scramSha256: key,
      createdAt: now,
      siteId: allSites[Math.floor(n / AGENTS_PER_SITE)].id,
    },
    ...{ lastSeenAt: new Date(now - n * 60_000), asleepSince: n % 50 === 0 ? now : null },
  })),
);
const MODELS = many(40, (n) => `Example MFP ${3000 + n * 50}ci`);
const informationOf = (n) => ({
  ...{ reached: n % 40 !== 0, problem: null, state: pick(['idle', 'idle', 'processing', 'stopped'], n), counters: {} },
  alerts: n % 11 === 0 ? [{ severity: 'error', code: 'media-jam', text: `Paper jam in tray ${n % 5}` }] : [],
  supplies: ['black', 'cyan', 'magenta', 'yellow'].map((name, at) => ({
    ...{ name, type: 'toner', colour: name, level: (n * 13 + at * 29) % 101 },
  })),
  ...{ model: pick(MODELS, n), serialNumber: `X${100_000 + n}`, firmwareVersion: `2.${n % 9}` },
});
await insert(
  DeviceEntity,
  many(DEVICES, (n) => {
    const [id, name, model] = [`device-${n}`, `Copier ${(n * 7919) % DEVICES}`, pick(MODELS, n)];
    return {
      ...{ id, agentId: agentId(Math.floor(n / PER_AGENT)), name, kind: 'mfp', model, serialNumber: `X${100_000 + n}` },
      ...{ location: `Floor ${n % 9}`, applications: [{ id: 'web', title: 'Web pages' }], operations: ['counters'] },
      ...{ announcedAt: now, announcedText: `${name}\n${id}\n${model}`.toLowerCase(), ...summaryOf(informationOf(n)) },
    };
  }),
);
await insert(
  DeviceInformationEntity,
  many(DEVICES, (n) => ({ deviceId: `device-${n}`, information: informationOf(n), acquiredAt: now })),
);
await insert(
  DeviceNotesEntity,
  many(Math.floor(DEVICES / 4), (n) => ({
    ...{
      deviceId: `device-${n * 4}`,
      agentId: agentId(Math.floor((n * 4) / PER_AGENT)),
      text: 'x'.repeat(400),
      links: [],
    },
    ...{ contractNumber: `C-${n}`, assetTag: `A-${n}`, location: '', searchText: `${'x'.repeat(400)} a-${n}` },
    ...{ version: 1, changedAt: now, changedBy: 'Tom' },
  })),
);
if (url) await database.query('ANALYZE');

const onlineAgents = many(agents, agentId).filter((_, n) => n % 10 !== 0);
const selection = (filter = {}, reach = EVERYTHING) => ({ reach, filter, onlineAgents, now });
const page = (filter, more = {}) => fleet.page(selection(filter), { sort: 'name', order: 'asc', limit: 50, ...more });
const technician = { ...EVERYTHING, sites: new Set(allSites.filter((_, n) => n % 10 === 0).map(({ id }) => id)) };

const kinds = {
  'first page, by name': () => page({}),
  'page in the middle': async () => page({}, { cursor: middle }),
  'by last contact': () => page({}, { sort: 'last-seen' }),
  'by alerts': () => page({}, { sort: 'alerts', order: 'desc' }),
  'by supplies': () => page({}, { sort: 'supplies' }),
  'by firmware': () => page({}, { sort: 'firmware' }),
  'search, many': () => page({ search: 'example mfp' }),
  'search, one asset tag': () => page({ search: 'a-1234' }),
  'search, nothing': () => page({ search: 'nothing of this kind' }),
  offline: () => page({ presence: 'offline' }),
  'silent for a day': () => page({ silentHours: 1 }),
  'one customer': () => page({ customerId: customers[3].id }),
  'model, errors': () => page({ model: MODELS[7], alerts: 'error' }),
  'of a technician': () => fleet.page(selection({}, technician), { sort: 'name', order: 'asc', limit: 50 }),
  counts: () => fleet.counts(selection()),
  'by customer': () => fleet.groups(selection(), 'customer'),
  'by site': () => fleet.groups(selection(), 'site'),
  'by model': () => fleet.groups(selection(), 'model'),
  'firmware versions': () => fleet.firmwareVersions(EVERYTHING),
};
let middle;
for (let n = 0; n < DEVICES / 2 / 200; n += 1)
  middle = (await fleet.page(selection(), { sort: 'name', order: 'asc', limit: 200, cursor: middle })).next ?? middle;

console.log(
  `${JSON.stringify(machine())}\n${DEVICES} devices, ${agents} agents, ${sites} sites, ${customers.length} customers, ${database.options.type}\n`,
);
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const times = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]));
for (let round = 0; round < ROUNDS; round += 1)
  for (const [kind, run] of Object.entries(kinds)) {
    const since = performance.now();
    await run();
    times[kind].push(performance.now() - since);
  }
const at = (sorted, part) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))].toFixed(1).padStart(8);
console.log(`  ${''.padEnd(24)}      p50      p95      max  (ms)`);
for (const [kind, each] of Object.entries(times)) {
  const sorted = each.sort((a, b) => a - b);
  console.log(`  ${kind.padEnd(24)} ${at(sorted, 0.5)} ${at(sorted, 0.95)} ${at(sorted, 1)}`);
}
const all = Object.values(times)
  .flat()
  .sort((a, b) => a - b);
console.log(`  ${'all'.padEnd(24)} ${at(all, 0.5)} ${at(all, 0.95)} ${at(all, 1)}`);
console.log(
  `\nEvent loop: longest delay ${(delay.max / 1e6).toFixed(1)} ms, p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
);
delay.reset();
const since = performance.now();
let exported = 0;
for (let cursor; ;) {
  const { rows: read, next } = await fleet.page(selection(), { sort: 'name', order: 'asc', limit: 200, cursor });
  exported += read.length;
  if (next === null) break;
  cursor = next;
}
console.log(
  `All ${exported} devices in pages of 200: ${Math.round(performance.now() - since)} ms, longest delay ${(delay.max / 1e6).toFixed(1)} ms`,
);
await database.destroy();
