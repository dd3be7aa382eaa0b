// Measures throughput and memory of real relays on loopback, with one pair and with two. Takes under two minutes.
//   node bench/relay/relay.mjs [dist/src/cli.js]
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { startControlPlane } from './control-plane.mjs';
import { cpuSeconds, residentBytes, startRelay } from './relay-processes.mjs';

const CLI = resolve(process.argv[2] ?? 'dist/src/cli.js');
const DEADLINE_MS = 120_000;
const MB = 1e6;
const RUNS = [
  { frame: 64 * 1024, total: 1000 * MB },
  { frame: 16 * 1024, total: 500 * MB },
  { frame: 1024, total: 60 * MB },
];
const SESSIONS = 500;

void delay(DEADLINE_MS, undefined, { ref: false }).then(() => {
  console.error('the benchmark took too long');
  process.exit(1);
});

async function establish({ url, sessionId, token }) {
  const ws = new WebSocket(url, 'platen.relay.v1', { perMessageDeflate: false });
  await once(ws, 'open');
  const answer = once(ws, 'message');
  ws.send(JSON.stringify({ type: 'establish', sessionId, token }));
  const [data] = await answer;
  if (JSON.parse(data).type !== 'established') throw new Error(String(data));
  return ws;
}

async function joined(plane) {
  const { device, terminal } = await plane.prepare();
  return { device: await establish(device), terminal: await establish(terminal) };
}

const close = (sessions) => {
  for (const { device, terminal } of sessions) for (const ws of [device, terminal]) ws.terminate();
};
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

async function send({ device, terminal }, { frame, total }) {
  const block = Buffer.alloc(frame, 0x5a);
  let received = 0;
  const all = new Promise((done) =>
    terminal.on('message', (data, isBinary) => {
      if (isBinary && (received += data.length) >= total) done();
    }),
  );
  for (let sent = 0; sent < total; sent += frame) {
    if (device.bufferedAmount < 1 << 20) device.send(block);
    else await new Promise((drained) => device.send(block, drained));
  }
  await all;
}

/** One session for each pair at a time; the relay distributes them. */
async function throughput(plane, relay, run) {
  const sessions = await Promise.all(relay.pairs.map(() => joined(plane)));
  const before = relay.all.map(cpuSeconds);
  const start = performance.now();
  await Promise.all(sessions.map((session) => send(session, run)));
  const seconds = (performance.now() - start) / 1000;
  const used = relay.all.map((pid, index) => cpuSeconds(pid) - before[index]);
  const ofPairs = relay.pairs.map((pid) => used[relay.all.indexOf(pid)]);
  close(sessions);
  const gigabytes = (sessions.length * run.total) / 1000 / MB;
  const cells = [
    String(run.frame).padStart(11),
    ((gigabytes * 1000) / seconds).toFixed(0).padStart(7),
    (sum(used) / gigabytes).toFixed(2).padStart(10),
    ofPairs
      .map((cpu) => (cpu / seconds).toFixed(2))
      .join(' + ')
      .padStart(17),
  ];
  console.log(cells.join(' '));
}

async function idle(plane, relay) {
  const [pair] = relay.pairs;
  const measured = async () => ({ heap: await relay.heapOf(pair), resident: residentBytes(pair) });
  const warm = await Promise.all(Array.from({ length: 50 }, () => joined(plane)));
  const before = await measured();
  const [cpu, start] = [sum(relay.all.map(cpuSeconds)), performance.now()];
  const open = [];
  while (open.length < SESSIONS) open.push(...(await Promise.all(Array.from({ length: 25 }, () => joined(plane)))));
  const seconds = (performance.now() - start) / 1000;
  const each = ((sum(relay.all.map(cpuSeconds)) - cpu) / SESSIONS) * 1000;
  const after = await measured();
  close([...warm, ...open]);
  const kb = (what) => ((after[what] - before[what]) / SESSIONS / 1024).toFixed(0);
  console.log(`idle session (two WebSockets, plain): ${kb('heap')} KB of heap, ${kb('resident')} KB resident`);
  console.log(`sessions established: ${(SESSIONS / seconds).toFixed(0)}/s, ${each.toFixed(1)} ms of CPU each`);
}

const folder = mkdtempSync(join(tmpdir(), 'platen-bench-'));
for (const pairs of [1, 2]) {
  const plane = await startControlPlane(dirname(CLI));
  const relay = await startRelay(CLI, folder, plane, pairs);
  const resident = relay.all.map((pid) => (residentBytes(pid) / MB).toFixed(0)).join(' + ');
  console.log(`${pairs} pair(s), nothing to do: ${resident} MB resident (keeper, Master, pairs)`);
  // Idle sessions first: the remains of bulk transfers in the heap would hide them.
  if (pairs === 1) await idle(plane, relay);
  console.log('\nframe bytes    MB/s   CPU s/GB   CPUs of each pair');
  for (const run of RUNS) await throughput(plane, relay, run);
  console.log();
  await relay.stop();
  plane.stop();
}
rmSync(folder, { recursive: true });
