// The relay alone, on loopback: CPU seconds per GB and throughput beside other forwarders, in alternating runs; memory
// and set-up of idle sessions. Prints Markdown.
//   node bench/relay/relay.mjs [--runs 5] [--megabytes 1000] [--sessions 500] [--json file] [dist/src/cli.js]
import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { machine, markdown, shown, summary } from '../report.mjs';
import { startControlPlane } from './control-plane.mjs';
import { startForwarders } from './forwarders.mjs';
import { establish } from './raw-web-socket.mjs';
import { cpuSeconds, residentBytes, startRelay } from './relay-processes.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    megabytes: { type: 'string', default: '1000' },
    sessions: { type: 'string', default: '500' },
    json: { type: 'string' },
  },
});
const CLI = resolve(positionals[0] ?? 'dist/src/cli.js');
const [RUNS, SESSIONS] = [Number(options.runs), Number(options.sessions)];
const TOTAL = Number(options.megabytes) * 1e6;
const MESSAGES = [64 * 1024, 1024];
const CONNECTIONS = [1, 10, 100, 1000];
const WARM_UP = 100e6;
const DEADLINE_MS = 30 * 60_000;
const NOT_RUN = ["MeshCentral's relay: it needs a server with accounts and agents of its own"];

void delay(DEADLINE_MS, undefined, { ref: false }).then(() => {
  console.error('the benchmark took too long');
  process.exit(1);
});
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
const cpuOf = (pids) => sum(pids.map(cpuSeconds));

/**
 * Content in one direction, over so many connections at once.
 * @returns CPU seconds per GB, and MB/s
 */
async function transfer(forwarder, bytes, total, connections = 1) {
  const message = forwarder.message(Buffer.alloc(bytes, 0x5a));
  const count = Math.ceil(total / bytes / connections);
  const open = [];
  while (open.length < connections) open.push(await forwarder.open());
  const [cpu, start] = [cpuOf(forwarder.pids), performance.now()];
  await Promise.all(open.map((connection) => send(connection, message, count, bytes)));
  const seconds = (performance.now() - start) / 1000;
  const used = cpuOf(forwarder.pids) - cpu;
  for (const socket of open.flat()) socket.on('error', () => undefined).destroy();
  const gigabytes = (count * bytes * connections) / 1e9;
  return { cpu: used / gigabytes, rate: (gigabytes * 1000) / seconds };
}

async function send([source, sink], message, count, bytes) {
  let received = 0;
  const all = new Promise((done) =>
    // Headers of frames make it a little more.
    sink.on('data', (chunk) => (received += chunk.length) >= count * bytes && done()),
  );
  for (let sent = 0; sent < count; sent++)
    if (!source.write(message)) await new Promise((drained) => source.once('drain', drained));
  await all;
}

/** Whether a GB costs more when more connections carry it. */
async function growth(forwarders) {
  const results = [];
  for (const { name, ...forwarder } of forwarders)
    for (const connections of CONNECTIONS) {
      const runs = [];
      while (runs.length < RUNS) runs.push(await transfer(forwarder, MESSAGES[0], TOTAL, connections));
      results.push({ name, connections, cpuSecondsPerGB: summary(runs.map(({ cpu }) => cpu)) });
    }
  return results;
}

async function comparison(forwarders) {
  const results = [];
  for (const bytes of MESSAGES) {
    const measured = new Map(forwarders.map(({ name }) => [name, []]));
    for (const forwarder of forwarders) await transfer(forwarder, bytes, WARM_UP);
    for (let run = 0; run < RUNS; run++) {
      const first = run % forwarders.length;
      for (const forwarder of [...forwarders.slice(first), ...forwarders.slice(0, first)])
        measured.get(forwarder.name).push(await transfer(forwarder, bytes, TOTAL));
    }
    for (const [name, runs] of measured)
      results.push({
        name,
        messageBytes: bytes,
        cpuSecondsPerGB: summary(runs.map(({ cpu }) => cpu)),
        megabytesPerSecond: summary(runs.map(({ rate }) => rate)),
      });
  }
  return results;
}

/** What an idle session costs, and its set-up. */
async function idle(folder, below) {
  const plane = await startControlPlane(dirname(CLI));
  const relay = await startRelay(CLI, folder, plane, 1, below === 'TLS' ? await certificate(folder) : {});
  const [pair] = relay.pairs;
  const measured = async () => ({ heap: await relay.heapOf(pair), resident: residentBytes(pair) });
  const join = async () => {
    const { device, terminal } = await plane.prepare();
    return [await establish(device), await establish(terminal)];
  };
  const joined = (count) => Promise.all(Array.from({ length: count }, join));
  const open = await joined(50);
  const before = await measured();
  const [cpu, start] = [cpuOf(relay.all), performance.now()];
  for (let count = 0; count < SESSIONS; count += 25) open.push(...(await joined(25)));
  const seconds = (performance.now() - start) / 1000;
  const used = cpuOf(relay.all) - cpu;
  const after = await measured();
  for (const socket of open.flat()) socket.on('error', () => undefined).destroy();
  await relay.stop();
  plane.stop();
  const kilobytes = (what) => (after[what] - before[what]) / SESSIONS / 1024;
  return {
    below,
    sessions: SESSIONS,
    heapKB: kilobytes('heap'),
    residentKB: kilobytes('resident'),
    perSecond: SESSIONS / seconds,
    cpuMs: (used / SESSIONS) * 1000,
  };
}

async function certificate(folder) {
  const require = createRequire(import.meta.url);
  const { selfSignedCertificate } = require(join(dirname(CLI), 'tunnel/self-signed-certificate.js'));
  const place = join(folder, 'tls');
  await selfSignedCertificate(place, ['127.0.0.1']);
  return { PLATEN_TLS_CERTIFICATE: join(place, 'certificate.pem'), PLATEN_TLS_KEY: join(place, 'key.pem') };
}

const folder = mkdtempSync(join(tmpdir(), 'platen-bench-'));
const about = machine();
// Idle sessions first: the remains of bulk transfers in the heap would hide them.
const sessions = [await idle(folder, 'TCP'), await idle(folder, 'TLS')];
const forwarders = await startForwarders(CLI, dirname(CLI), folder);
const notRun = [...NOT_RUN, ...(forwarders.haproxy ? [] : ['HAProxy: it is not installed (Debian: haproxy)'])];
const transfers = await comparison(Object.values(forwarders));
const grown = await growth([forwarders.platen, forwarders.pipe]);
await Promise.all(Object.values(forwarders).map((each) => each.stop()));
rmSync(folder, { recursive: true });

const { processor, memoryGB, system, node, load } = about;
console.log(`## Relay alone\n
${processor}, ${memoryGB} GB, ${system}, Node ${node}, load ${load}. Loopback, plain. One direction,
${TOTAL / 1e6} MB of content for each of ${RUNS} alternating runs; median (least-most). CPU of all processes of the forwarder.\n`);
for (const bytes of MESSAGES) {
  const rows = transfers.filter(({ messageBytes }) => messageBytes === bytes);
  const cpuOfPipe = rows.find(({ name }) => name === forwarders.pipe.name).cpuSecondsPerGB.median;
  console.log(
    markdown(
      [`${bytes / 1024} KB messages`, 'CPU s/GB', 'x Node TCP pipe', 'MB/s'],
      rows.map(({ name, cpuSecondsPerGB, megabytesPerSecond }) => [
        name,
        shown(cpuSecondsPerGB, 2),
        (cpuSecondsPerGB.median / cpuOfPipe).toFixed(2),
        shown(megabytesPerSecond, 0),
      ]),
    ) + '\n',
  );
}
console.log(
  markdown(
    [`CPU s/GB, ${MESSAGES[0] / 1024} KB messages over`, ...CONNECTIONS.map((count) => `${count} connections`)],
    [forwarders.platen, forwarders.pipe].map(({ name }) => [
      name,
      ...grown.filter((each) => each.name === name).map((each) => shown(each.cpuSecondsPerGB, 2)),
    ]),
  ) + '\n',
);
console.log(
  markdown(
    ['idle session', 'heap, KB', 'resident, KB', 'established/s', 'CPU each, ms'],
    sessions.map(({ below, heapKB, residentKB, perSecond, cpuMs }) => [
      below,
      ...[heapKB, residentKB].map((each) => each.toFixed(1)),
      perSecond.toFixed(0),
      cpuMs.toFixed(1),
    ]),
  ),
);
console.log(`\nNot run: ${notRun.join('; ')}.`);
if (options.json)
  writeFileSync(
    options.json,
    JSON.stringify({ machine: about, transfers, growth: grown, sessions, notRun }, undefined, 2) + '\n',
  );
