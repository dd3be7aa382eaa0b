// The relay alone: CPU seconds for each GB and throughput beside other forwarders, and whether a GB costs more when more
// connections carry it.
import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { alternate, atMost, shown, summaries } from '../report.mjs';
import { startForwarders } from './forwarders.mjs';
import { cpuOf } from './relay-processes.mjs';

const MESSAGES = [64 * 1024, 1024];
const CONNECTIONS = [1, 10, 100, 1000];
const WARM_UP = 100e6;

/**
 * Content in one direction, over so many connections at once.
 * @returns CPU seconds for each GB, and MB/s
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

export async function run({ runs, quick, root }) {
  const total = quick ? 50e6 : 1000e6;
  const dist = join(root, 'dist/src');
  const folder = mkdtempSync(join(tmpdir(), 'platen-bench-'));
  const started = await startForwarders(join(dist, 'cli.js'), dist, folder);
  const { platen, pipe, haproxy } = started;
  const forwarders = Object.values(started);

  const tables = [];
  const charts = [];
  const medians = new Map();
  for (const bytes of MESSAGES) {
    for (const forwarder of forwarders) await transfer(forwarder, bytes, quick ? total : WARM_UP);
    const measured = await alternate(forwarders, runs, (forwarder) => transfer(forwarder, bytes, total));
    const of = new Map(forwarders.map((each) => [each, summaries(measured.get(each))]));
    medians.set(bytes, new Map(forwarders.map((each) => [each, of.get(each).cpu.median])));
    const size = `${bytes / 1024} KB messages`;
    tables.push({
      columns: [size, 'CPU s/GB', 'x Node TCP pipe', 'MB/s'],
      rows: forwarders.map((each) => [
        each.name,
        shown(of.get(each).cpu, 2),
        (of.get(each).cpu.median / of.get(pipe).cpu.median).toFixed(2),
        shown(of.get(each).rate, 0),
      ]),
    });
    const bars = forwarders.map((each) => ({ name: each.name, ...of.get(each).cpu }));
    charts.push({ title: `Relay alone, ${size}`, unit: 'CPU s/GB', bars });
  }

  const connections = quick ? CONNECTIONS.slice(0, -1) : CONNECTIONS;
  const grown = new Map();
  for (const each of [platen, pipe]) {
    const cells = [];
    for (const count of connections) {
      const all = [];
      while (all.length < runs) all.push(await transfer(each, MESSAGES[0], total, count));
      cells.push(summaries(all).cpu);
    }
    grown.set(each, cells);
  }
  tables.push({
    columns: ['CPU s/GB, 64 KB messages over', ...connections.map((count) => `${count} connections`)],
    rows: [platen, pipe].map((each) => [each.name, ...grown.get(each).map((cell) => shown(cell, 2))]),
  });

  await Promise.all(forwarders.map((each) => each.stop()));
  rmSync(folder, { recursive: true });
  const ratio = (bytes, other) => medians.get(bytes).get(platen) / medians.get(bytes).get(other);
  const [, few, ...more] = grown.get(platen);
  return {
    title: 'Relay alone',
    method: `Loopback, plain. One direction, ${total / 1e6} MB of content in each run. CPU of all processes of the forwarder.`,
    tables,
    charts,
    targets: [
      atMost('relay CPU, 64 KB messages', 1, 'x Node TCP pipe', ratio(MESSAGES[0], pipe)),
      ...(haproxy ? [atMost('relay CPU, 64 KB messages', 1.3, 'x HAProxy', ratio(MESSAGES[0], haproxy))] : []),
      atMost('relay CPU, 1 KB messages', 1.3, 'x Node TCP pipe', ratio(MESSAGES[1], pipe)),
      atMost(
        `relay CPU over ${connections.at(-1)} connections`,
        1.15,
        'x that over 10',
        more.at(-1).median / few.median,
      ),
    ],
    notRun: haproxy ? [] : ['HAProxy: it is not installed (Debian: haproxy)'],
    figures: tables,
  };
}
