// Reconnect storm: all agents return at once after a SIGKILL of the server. On loopback, limited in time.
//   npm run campaign:storm -- [--agents 5000] [--sessions 100000] [--seconds 120] [--seed 1]
// Exit code 1: an announcement failed, or agents did not return in time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { built, CLI, newSeed, printTable, ROOT, seededRandom } from '../campaign.mjs';
import { fillDatabase } from './filled-database.mjs';
import { Fleet } from './fleet.mjs';

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '5000' },
    sessions: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string', default: newSeed() },
    log: { type: 'string' },
    profile: { type: 'string' },
  },
});
const [agents, sessions, seconds, seed] = ['agents', 'sessions', 'seconds', 'seed'].map((name) => Number(values[name]));
const DOMAIN = 'platen.local';
const START_MS = 60_000;
/** After all have announced: their device information is still being acquired. */
const SETTLE_MS = 5_000;

const { freePorts } = built('src/demo/free-ports');
const folder = mkdtempSync(join(tmpdir(), 'platen-storm-'));
let server;
process.on('exit', () => {
  server?.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
setTimeout(() => fail('the campaign took too long'), START_MS * 4 + seconds * 2_000).unref();

function fail(line) {
  console.error(`storm: ${line}`);
  process.exit(1);
}

/** Starts the server; resolves when it listens. */
async function startServer(environment) {
  const since = performance.now();
  const hook = `--require ${join(ROOT, 'test/campaigns/storm/loop-delay.cjs')}`;
  const profile = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(values.profile)}`] : [];
  const child = spawn(process.execPath, [...profile, CLI, 'server'], {
    env: { ...environment, NODE_OPTIONS: hook },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const started = { child, readyMs: 0, unexpected: 0, isKilled: false };
  const log = createInterface(child.stderr);
  const copy = values.log && createWriteStream(values.log, { flags: 'a' });
  const listening = new Promise((done) => {
    log.on('line', (line) => {
      if (copy) copy.write(`${line}\n`);
      if (line.includes('"unexpected error')) started.unexpected += 1;
      if (line.includes('"server listening"')) done();
    });
  });
  child.once('exit', (code, signal) => started.isKilled || fail(`the server exited with ${code ?? signal}`));
  const late = setTimeout(() => fail('the server did not start in time'), START_MS);
  await listening;
  clearTimeout(late);
  started.readyMs = performance.now() - since;
  child.send('reset');
  return started;
}

const measured = (child) =>
  new Promise((done) => {
    child.once('message', done);
    child.send('read');
  });

/** One storm, from `begin`, which starts the server, until all agents have announced. */
async function storm(fleet, begin) {
  fleet.reset();
  const cpu = process.cpuUsage();
  const since = performance.now();
  server = await begin();
  const back = await fleet.allAnnounced(seconds * 1000);
  const backMs = performance.now() - since;
  const loop = await measured(server.child);
  await delay(SETTLE_MS);
  const { user, system } = process.cpuUsage(cpu);
  const { counts, announced } = fleet;
  return { back: back !== undefined, backMs, loop, counts, announced, ownCpu: (user + system) / 1e6 };
}

function report(name, { back, backMs, loop, counts, announced, ownCpu }) {
  const { readyMs, unexpected } = server;
  const rows = [
    ['server ready', `${(readyMs / 1000).toFixed(1)} s`, '< 3 s'],
    ['all agents announced', back ? `${(backMs / 1000).toFixed(1)} s` : `${announced} of ${agents}`, '< 30 s'],
    ['failed announcements', counts.failedAnnounces, '0'],
    ['failed reports of conditions', counts.failedReports, '0'],
    ['unexpected errors in the log', unexpected, '0'],
    ['event loop p50, p99', `${loop.p50.toFixed(0)} ms, ${loop.p99.toFixed(0)} ms`, 'p99 < 100 ms'],
    ['event loop, longest', `${loop.longest.toFixed(0)} ms`, ''],
    [
      'p99, longest, without waits for a CPU',
      `${loop.ownP99.toFixed(0)} ms, ${loop.ownLongest.toFixed(0)} ms`,
      '< 50 ms',
    ],
    ['logins, deferred, refused', `${counts.logins}, ${counts.deferred}, ${counts.refusedLogins}`, ''],
    ['streams and connections that ended', counts.endedStreams, ''],
    ['acquisitions of information', counts.acquired, ''],
    ['CPU of server, generator', `${loop.cpuSeconds.toFixed(1)} s, ${ownCpu.toFixed(1)} s`, ''],
    ['memory of the server', `${loop.memoryMb.toFixed(0)} MB`, ''],
  ];
  printTable([name, 'measured', 'target'], rows);
  for (const [why, count] of counts.failures) console.log(`failed announcements: ${why}: ${count}`);
}

const load = () => loadavg()[0].toFixed(1);
console.log(
  `${agents} agents, ${sessions} past sessions, seed ${seed}, Node ${process.versions.node}, ${availableParallelism()} cores, load ${load()}`,
);
// waits of the agents are repeated with the same seed; the order in which the kernel serves them is not
Math.random = seededRandom(seed);
const [port, xmppPort] = await freePorts(2);
const environment = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  PLATEN_DATA: folder,
  PLATEN_PORT: String(port),
  PLATEN_XMPP_PORT: String(xmppPort),
  PLATEN_XMPP_DOMAIN: DOMAIN,
  PLATEN_RELAY: 'remote',
};
const { password } = await fillDatabase(environment, { agents, sessions });
const fleet = new Fleet({ agents, port: xmppPort, domain: DOMAIN, password });

const first = await storm(fleet, async () => {
  const started = await startServer(environment);
  fleet.start();
  return started;
});
report('first connection', first);
const again = await storm(fleet, async () => {
  server.isKilled = true;
  server.child.kill('SIGKILL');
  return startServer(environment);
});
report('after a SIGKILL of the server', again);
console.log(`load at the end ${load()}`);
fleet.stop();
server.isKilled = true;
server.child.kill('SIGTERM'); // in order, for its profile
await once(server.child, 'exit');
const isGood = [first, again].every(({ back, counts }) => back && counts.failedAnnounces === 0);
process.exit(isGood ? 0 : 1);
