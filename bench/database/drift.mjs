// How fast the comparison of devices with a settings template is, over HTTP, and how long the event loop of the server is
// kept from other work.
//   node bench/database/drift.mjs [--devices 5000] [--rounds 60]
// Every device has reported the settings that an MFP has; a third of them differ from the template, and some have reported none.
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { built } from '../../test/campaigns/campaign.mjs';
import { deviceIdOf } from '../../test/campaigns/storm/filled-database.mjs';
import { machine, percentile } from '../report.mjs';
import { addAdministrator, ADMIN, fill, newInstallation, startServer } from '../server/filled-server.mjs';

const { values: options } = parseArgs({
  options: { devices: { type: 'string', default: '5000' }, rounds: { type: 'string', default: '60' } },
});
const [DEVICES, ROUNDS] = [Number(options.devices), Number(options.rounds)];

const names = built('src/protocol/device-settings').SETTING_NAMES;
const wanted = { location: 'Hall', contact: 'Bureau 2', 'sides-default': 'two-sided-long-edge' };
const valueOf = (name, n) => (name in wanted && n % 3 !== 0 ? wanted[name] : `${name} ${n % 7}`);
const rowsOf = (n) =>
  names.map((name) => ({
    ...{ name, outcome: 'read', value: valueOf(name, n), source: 'ipp', settable: true, detail: '' },
    choices: Array.from({ length: 8 }, (_, at) => `choice-${at}-of-${name}`),
  }));

const installation = await newInstallation();
await fill(installation, { agents: DEVICES, sessions: 0, withDevices: true });
{
  const { readConfig } = built('src/server/config/config');
  const { loadSecrets } = built('src/server/config/secrets');
  const { openDatabase } = built('src/server/database/open-database');
  const { dataSourceOptions } = built('ormconfig');
  const { DeviceSettingsEntity, reportedValues } = built('src/server/devices/settings/device-settings.entity');
  const config = readConfig(installation.environment);
  const database = await openDatabase(dataSourceOptions(config), loadSecrets(config));
  await database.query(`UPDATE devices SET operations = '["counters","settings-read","settings-set"]'`);
  for (let first = 0; first < DEVICES; first += 200) {
    const some = Array.from({ length: Math.min(200, DEVICES - first) }, (_, at) => first + at).filter((n) => n % 50);
    const values = some.map((n) => {
      const rows = rowsOf(n);
      return { deviceId: deviceIdOf(n), rows, reported: reportedValues(rows), readAt: new Date(), jobId: randomUUID() };
    });
    await database.getRepository(DeviceSettingsEntity).insert(values);
  }
  await database.destroy();
}
await addAdministrator(installation);
const server = await startServer(installation);
const { request } = built('src/demo/api-request');
const { cookie } = await request(installation.url, 'POST', '/api/auth/login', ADMIN);
const call = async (method, path, body) => (await request(installation.url, method, path, body, cookie)).body;
const template = await call('POST', '/api/settings-templates', {
  name: 'All',
  settings: wanted,
  devices: { filter: {} },
});

const at = `/api/settings-templates/${template.id}`;
const kinds = {
  counts: `${at}/drift`,
  'first page': `${at}/devices?limit=50`,
  'first page, differing': `${at}/devices?limit=50&state=differs`,
  'first page, unsupported (none)': `${at}/devices?limit=50&state=unsupported`,
  'of a device': `/api/devices/${deviceIdOf(7)}/drift`,
};
console.log(`${JSON.stringify(machine())}\n${DEVICES} devices with ${names.length} settings each\n`);
console.log(JSON.stringify(await call('GET', kinds.counts)));
server.reset();
const times = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]));
for (let round = 0; round < ROUNDS; round += 1)
  for (const [kind, path] of Object.entries(kinds)) {
    const since = performance.now();
    await call('GET', path);
    times[kind].push(performance.now() - since);
  }
console.log(`  ${''.padEnd(32)}      p50      p95      max  (ms)`);
for (const [kind, each] of Object.entries(times)) {
  const figures = [0.5, 0.95, 1].map((part) => percentile(each, part).toFixed(1).padStart(8));
  console.log(`  ${kind.padEnd(32)} ${figures.join(' ')}`);
}
console.log(`\nServer meanwhile: ${JSON.stringify(await server.measured())}`);
await server.end();
installation.remove();
