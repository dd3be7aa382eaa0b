// A server whose database has agents, their devices and past sessions.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { built, CLI, ROOT } from '../../test/campaigns/campaign.mjs';
import { deviceIdOf, agentIdOf, fillDatabase } from '../../test/campaigns/storm/filled-database.mjs';

export const DOMAIN = 'platen.local';
export const ADMIN = { username: 'admin', password: 'a-password-for-the-benchmark' };
const HOOK = `--require ${join(ROOT, 'test/campaigns/storm/loop-delay.cjs')}`;

/** A data folder and its settings. */
export async function newInstallation() {
  const folder = mkdtempSync(join(tmpdir(), 'platen-bench-'));
  const [port, xmppPort] = await built('src/demo/free-ports').freePorts(2);
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    PLATEN_DATA: folder,
    PLATEN_PORT: String(port),
    PLATEN_XMPP_PORT: String(xmppPort),
    PLATEN_XMPP_DOMAIN: DOMAIN,
    PLATEN_RELAY: 'remote',
  };
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { environment, xmppPort, url: `http://127.0.0.1:${port}`, remove };
}

/** @returns the password of all agents */
export async function fill({ environment }, { agents, sessions, withDevices = false }) {
  const { password } = await fillDatabase(environment, { agents, sessions });
  if (withDevices) await insertDevices(environment, agents);
  return password;
}

/** As if all agents had announced their device. */
async function insertDevices(environment, agents) {
  const { readConfig } = built('src/server/config/config');
  const { loadSecrets } = built('src/server/config/secrets');
  const { openDatabase } = built('src/server/database/open-database');
  const { dataSourceOptions } = built('ormconfig');
  const { DeviceEntity } = built('src/server/devices/device.entity');
  const config = readConfig(environment);
  const database = await openDatabase(dataSourceOptions(config), loadSecrets(config));
  const devices = Array.from({ length: agents }, (_, number) => ({
    ...{ id: deviceIdOf(number), agentId: agentIdOf(number), name: `Printer ${number}`, kind: 'mfp' },
    ...{ model: 'TASKalfa 3050ci', serialNumber: `N4X${number}`, location: 'Hall', announcedAt: new Date() },
    ...{
      applications: [{ id: 'web', title: 'Web pages', protocol: 'http', viewable: false }],
      operations: ['counters'],
    },
  }));
  for (let first = 0; first < agents; first += 500)
    await database.getRepository(DeviceEntity).insert(devices.slice(first, first + 500));
  await database.destroy();
}

/** Creates the administrator, with the command of the server. */
export async function addAdministrator({ environment }) {
  const words = [CLI, 'server', 'create-user', ADMIN.username, '--display-name', 'Admin', '--role', 'admin'];
  const child = spawn(process.execPath, [...words, '--password-stdin'], {
    env: environment,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(`${ADMIN.password}\n`);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`no administrator: exit ${code}`);
}

/** Starts the server; resolves when it listens. */
export async function startServer({ environment }) {
  const since = performance.now();
  const child = spawn(process.execPath, [CLI, 'server'], {
    env: { ...environment, NODE_OPTIONS: HOOK },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit');
  const log = createInterface(child.stderr);
  const listening = new Promise((done) => log.on('line', (line) => line.includes('"server listening"') && done()));
  const failed = exited.then(([code]) => Promise.reject(new Error(`the server exited with ${code}`)));
  failed.catch(() => undefined);
  await Promise.race([listening, failed]);
  return {
    readyMs: performance.now() - since,
    /** Event loop, CPU seconds and memory since the start (loop-delay.cjs). */
    measured: async () => {
      const answer = once(child, 'message');
      child.send('read');
      return (await answer)[0];
    },
    /** What has been measured so far does not count. */
    reset: () => child.send('reset'),
    end: (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
}
