// Throughput and idle memory of the real relay process on loopback; under a minute.
//   node bench/relay/relay.mjs [dist/src/cli.js]
import { spawn } from 'node:child_process';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';
import { setTimeout as delay } from 'node:timers/promises';
import { startControlPlane } from './control-plane.mjs';

const CLI = resolve(process.argv[2] ?? 'dist/src/cli.js');
const DEADLINE_MS = 60_000;
const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux
const MB = 1e6;
const RUNS = [
  { frame: 64 * 1024, total: 1000 * MB },
  { frame: 16 * 1024, total: 500 * MB },
  { frame: 1024, total: 60 * MB },
];
const PAIRS = 500;

void delay(DEADLINE_MS, undefined, { ref: false }).then(() => {
  console.error('the benchmark took too long');
  process.exit(1);
});

const folder = mkdtempSync(join(tmpdir(), 'platen-bench-'));
writeFileSync(join(folder, 'secret'), 'a-secret-for-the-benchmark');
const plane = await startControlPlane(dirname(CLI));
// Garbage must not be counted as memory of a pair; the relay itself is unchanged.
const collect = `data:text/javascript,process.on("SIGUSR2", () => {
  gc();
  process.stderr.write("heap " + process.memoryUsage().heapUsed + String.fromCharCode(10));
})`;
const relay = spawn(process.execPath, ['--expose-gc', '--import', collect, CLI, 'relay'], {
  env: {
    ...process.env,
    PLATEN_RELAY_SECRET_FILE: join(folder, 'secret'),
    PLATEN_RELAY_DATA: join(folder, 'data'),
    PLATEN_RELAY_PORT: '0',
    PLATEN_SERVER_URL: plane.url,
    PLATEN_LOG_LEVEL: 'info',
  },
  stdio: ['ignore', 'ignore', 'pipe'],
});
const log = createInterface(relay.stderr);
let heapKb = 0;
log.on('line', (line) => line.startsWith('heap ') && (heapKb = Number(line.slice(5)) / 1024));
relay.once('exit', (code) => code && (console.error(`the relay exited with ${code}`), process.exit(1)));
await plane.relay;

const cpuSeconds = () => {
  const fields = readFileSync(`/proc/${relay.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};
const residentKb = (what = 'VmRSS') =>
  Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${relay.pid}/status`, 'utf8'))[1]);

async function establish({ url, sessionId, token }) {
  const ws = new WebSocket(url, 'platen.relay.v1', { perMessageDeflate: false });
  await once(ws, 'open');
  const answer = once(ws, 'message');
  ws.send(JSON.stringify({ type: 'establish', sessionId, token }));
  const [data] = await answer;
  if (JSON.parse(data).type !== 'established') throw new Error(String(data));
  return ws;
}

async function pair() {
  const { device, terminal } = await plane.prepare();
  return { device: await establish(device), terminal: await establish(terminal) };
}

async function throughput({ frame, total }) {
  const { device, terminal } = await pair();
  const block = Buffer.alloc(frame, 0x5a);
  let received = 0;
  const all = new Promise((done) =>
    terminal.on('message', (data, isBinary) => {
      if (isBinary && (received += data.length) >= total) done();
    }),
  );
  const [cpu, start] = [cpuSeconds(), performance.now()];
  for (let sent = 0; sent < total; sent += frame) {
    if (device.bufferedAmount < 1 << 20) device.send(block);
    else await new Promise((drained) => device.send(block, drained));
  }
  await all;
  const seconds = (performance.now() - start) / 1000;
  const used = cpuSeconds() - cpu;
  for (const ws of [device, terminal]) ws.terminate();
  return {
    frame,
    mbPerSecond: total / MB / seconds,
    cpuPerGb: (used / total) * 1000 * MB,
    peakMb: residentKb() / 1024,
  };
}

const collected = async () => {
  relay.kill('SIGUSR2');
  await delay(500);
  return { heap: heapKb, resident: residentKb() };
};

async function idle() {
  const warm = await Promise.all(Array.from({ length: 50 }, pair));
  const before = await collected();
  const start = performance.now();
  const open = [];
  for (let made = 0; made < PAIRS; made += 25) open.push(...(await Promise.all(Array.from({ length: 25 }, pair))));
  const seconds = (performance.now() - start) / 1000;
  const after = await collected();
  for (const { device, terminal } of [...warm, ...open]) for (const ws of [device, terminal]) ws.terminate();
  const perPair = (what) => ((after[what] - before[what]) / PAIRS).toFixed(0);
  return { heap: perPair('heap'), resident: perPair('resident'), pairsPerSecond: PAIRS / seconds };
}

console.log(`relay with nothing to do: ${(residentKb() / 1024).toFixed(0)} MB resident\n`);
// Idle pairs first: what bulk transfers leave in the heap would hide them.
const { heap, resident, pairsPerSecond } = await idle();
console.log(`idle pair (two WebSockets, plain): ${heap} KB of heap, ${resident} KB resident`);
console.log(`pairs established: ${pairsPerSecond.toFixed(0)}/s`);
console.log('\nframe bytes    MB/s   CPU s/GB   resident MB');
for (const run of RUNS) {
  const { frame, mbPerSecond, cpuPerGb, peakMb } = await throughput(run);
  const cells = [String(frame).padStart(11), mbPerSecond.toFixed(0).padStart(7)];
  console.log([...cells, cpuPerGb.toFixed(2).padStart(10), peakMb.toFixed(0).padStart(13)].join(' '));
}

relay.kill('SIGTERM');
await once(relay, 'exit');
plane.stop();
rmSync(folder, { recursive: true });
