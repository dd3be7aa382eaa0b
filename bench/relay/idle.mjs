// What idle sessions cost the relay: memory of each, and how fast they are paired.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { atMost } from '../report.mjs';
import { startControlPlane } from './control-plane.mjs';
import { establish } from './raw-web-socket.mjs';
import { cpuOf, residentBytes, startRelay } from './relay-processes.mjs';

/** A relay carries at most 3,000 sessions (RELAY_LINKS), a pair 4,000 connections (RELAY_CONNECTIONS). */
const SESSIONS_PER_RELAY = 2_500;
const PAIRS = 2;
const AT_ONCE = 25;
/** Of each pair, before the measurement, open during it: its first sessions load code. */
const WARM_UP = 25;
/**
 * Sessions of each pair that have ended before the measurement. A process keeps up to 64 MB that its first sessions needed, however
 * many follow (KEPT_BYTES of `pair-processes.ts`).
 */
const ENDED = 500;
const END_MS = 60_000;

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

async function idle(root, folder, below, sessions) {
  const dist = join(root, 'dist/src');
  const settings = below === 'TLS' ? await certificate(dist, folder) : {};
  const relays = [];
  for (let count = Math.ceil(sessions / SESSIONS_PER_RELAY); count > 0; count--) {
    const plane = await startControlPlane(dist);
    relays.push({ plane, relay: await startRelay(join(dist, 'cli.js'), folder, plane, PAIRS, settings) });
  }
  const pairs = relays.flatMap(({ relay }) => relay.pairs.map((pid) => ({ pid, relay })));
  const measured = async () => {
    const heaps = [];
    for (const { pid, relay } of pairs) heaps.push(await relay.heapOf(pid));
    return { heap: sum(heaps), resident: sum(pairs.map(({ pid }) => residentBytes(pid))) };
  };
  let next = 0;
  const pair = async () => {
    const { plane } = relays[next++ % relays.length];
    const { device, terminal } = await plane.prepare();
    return [await establish(device), await establish(terminal)];
  };
  const paired = (count) => Promise.all(Array.from({ length: count }, pair));
  const open = await paired(WARM_UP * pairs.length);
  const pids = relays.flatMap(({ relay }) => relay.all);
  const unused = await measured();
  const ended = [];
  while (ended.length < ENDED * pairs.length) ended.push(...(await paired(AT_ONCE)));
  for (const socket of ended.flat()) socket.on('error', () => undefined).destroy();
  const before = await freed(measured, unused.heap);
  const kept = before.resident - unused.resident;
  const [cpu, start] = [cpuOf(pids), performance.now()];
  for (let count = 0; count < sessions; count += AT_ONCE) open.push(...(await paired(AT_ONCE)));
  const seconds = (performance.now() - start) / 1000;
  const used = cpuOf(pids) - cpu;
  const after = await measured();
  for (const socket of open.flat()) socket.on('error', () => undefined).destroy();
  for (const { plane, relay } of relays) {
    await relay.stop();
    plane.stop();
  }
  const kilobytes = (what) => (after[what] - before[what]) / sessions / 1024;
  return {
    ...{ below, sessions, relays: relays.length, heapKB: kilobytes('heap'), residentKB: kilobytes('resident') },
    ...{ perSecond: sessions / seconds, cpuMs: (used / sessions) * 1000, keptMB: kept / pairs.length / 1024 / 1024 },
  };
}

/** The memory once the ended sessions are no longer in the heap. */
async function freed(measured, heap) {
  for (const start = performance.now(); performance.now() - start < END_MS; await delay(500)) {
    const now = await measured();
    if (now.heap < heap * 1.1) return now;
  }
  throw new Error('sessions that have ended are still in the heap');
}

async function certificate(dist, folder) {
  const require = createRequire(import.meta.url);
  const { selfSignedCertificate } = require(join(dist, 'tunnel/self-signed-certificate.js'));
  const place = join(folder, 'tls');
  await selfSignedCertificate(place, ['127.0.0.1']);
  return { PLATEN_TLS_CERTIFICATE: join(place, 'certificate.pem'), PLATEN_TLS_KEY: join(place, 'key.pem') };
}

export async function run({ quick, root }) {
  const files = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })) || Infinity;
  const wanted = quick ? [200] : [1_000, 5_000];
  // this process has both ends of each session; a pair has the other two, and room to spare
  const sizes = wanted.filter((sessions) => 2 * sessions + 500 <= files);
  const folder = mkdtempSync(join(tmpdir(), 'platen-bench-'));
  const measured = [];
  for (const sessions of sizes)
    for (const below of ['TCP', 'TLS']) measured.push(await idle(root, folder, below, sessions));
  rmSync(folder, { recursive: true });
  const worst = (below) => Math.max(...measured.filter((each) => each.below === below).map((each) => each.residentKB));
  return {
    title: 'Idle sessions',
    method:
      `Both halves established, nothing sent; ${PAIRS} pairs for each relay, which carries at most 3,000 sessions. Heap after a ` +
      'garbage collection, and resident memory of the pair processes. Before that, as many sessions as fill the memory that each ' +
      'process keeps have ended; it is given for each process, and does not grow with the sessions.',
    tables: [
      {
        columns: [
          'idle sessions',
          'relays',
          'heap of each, KB',
          'resident, KB',
          'kept by each pair, MB',
          'paired/s',
          'CPU of each, ms',
        ],
        rows: measured.map(({ below, sessions, relays, heapKB, residentKB, keptMB, perSecond, cpuMs }) => [
          `${sessions}, ${below}`,
          String(relays),
          heapKB.toFixed(1),
          residentKB.toFixed(1),
          keptMB.toFixed(0),
          perSecond.toFixed(0),
          cpuMs.toFixed(1),
        ]),
      },
    ],
    targets: [
      atMost('idle pair, plain, resident', 12, 'KB', worst('TCP'), 1),
      atMost('idle pair, TLS, resident', 65, 'KB', worst('TLS'), 1),
    ],
    notRun: wanted
      .filter((sessions) => !sizes.includes(sessions))
      .map((sessions) => `${sessions} sessions: a process may open ${files} files`),
    figures: measured,
  };
}
