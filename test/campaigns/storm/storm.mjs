// Reconnect storm: all agents return at once after a SIGKILL of the server. On loopback, limited in time.
//   npm run campaign:storm -- [--agents 5000] [--sessions 100000] [--seconds 120] [--seed 1]
// Exit code 1: an announcement failed, or agents did not return in time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fillDatabase } from './filled-database.mjs';
import { Fleet } from './fleet.mjs';

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '5000' },
    sessions: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    log: { type: 'string' },
    profile: { type: 'string' },
  },
});
const [agents, sessions, seconds, seed] = ['agents', 'sessions', 'seconds', 'seed'].map((name) => Number(values[name]));
const DOMAIN = 'platen.local';
const START_MS = 60_000;
/** After all have announced: their device information is still being acquired. */
const SETTLE_MS = 5_000;

const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
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

/** Waits of the agents are repeated with the same seed (mulberry32); the order in which the kernel serves them is not. */
function seedRandom(state) {
  Math.random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

/** Starts the server; resolves when it listens. */
async function startServer(environment) {
  const since = performance.now();
  const hook = `--require ${join(root, 'test/campaigns/storm/loop-delay.cjs')}`;
  const profile = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(values.profile)}`] : [];
  const child = spawn(process.execPath, [...profile, join(root, 'dist/src/cli.js'), 'server'], {
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
  console.log(`\n| ${name.padEnd(37)} | ${'measured'.padEnd(18)} | ${'target'.padEnd(12)} |`);
  console.log(`| ${'-'.repeat(37)} | ${'-'.repeat(18)} | ${'-'.repeat(12)} |`);
  for (const [what, value, target] of rows)
    console.log(`| ${what.padEnd(37)} | ${String(value).padEnd(18)} | ${target.padEnd(12)} |`);
  for (const [why, count] of counts.failures) console.log(`failed announcements: ${why}: ${count}`);
}

const load = () => loadavg()[0].toFixed(1);
console.log(
  `${agents} agents, ${sessions} past sessions, seed ${seed}, Node ${process.versions.node}, ${availableParallelism()} cores, load ${load()}`,
);
seedRandom(seed);
const environment = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  PLATEN_DATA: folder,
  PLATEN_PORT: String(await freePort()),
  PLATEN_XMPP_PORT: String(await freePort()),
  PLATEN_XMPP_DOMAIN: DOMAIN,
  PLATEN_RELAY: 'remote',
};
const { password } = await fillDatabase(root, environment, { agents, sessions });
const fleet = new Fleet(root, { agents, port: Number(environment.PLATEN_XMPP_PORT), domain: DOMAIN, password });

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
