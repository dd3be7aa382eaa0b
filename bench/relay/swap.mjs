// Counts the peers that are refused or cut while a relay is replaced repeatedly. Takes under a minute.
//   node bench/relay/swap.mjs [dist/src/cli.js]
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { startControlPlane } from './control-plane.mjs';

const CLI = resolve(process.argv[2] ?? 'dist/src/cli.js');
const TOOL = fileURLToPath(new URL('../../tools/build-release.mjs', import.meta.url));
const DEADLINE_MS = 60_000;
const REPLACEMENTS = 10;
const AT_ONCE = 16;
const UNKNOWN_PEER = JSON.stringify({ type: 'establish', sessionId: 'S'.repeat(43), token: 'T'.repeat(43) });

const require = createRequire(import.meta.url);
const { RpcPeer } = require(join(dirname(CLI), 'tunnel/json-rpc.js'));
const { KEEPER_METHODS } = require(join(dirname(CLI), 'protocol/keeper-rpc.js'));
const { createJournal } = require(join(dirname(CLI), 'journal/journal.js'));

void delay(DEADLINE_MS, undefined, { ref: false }).then(() => {
  console.error('the benchmark took too long');
  process.exit(1);
});

const folder = mkdtempSync(join(tmpdir(), 'platen-bench-'));
writeFileSync(join(folder, 'secret'), 'a-secret-for-the-benchmark');
const releases = ['1.1.0', '1.2.0'].map((version) => {
  execFileSync(process.execPath, [TOOL, '--version', version, '--out', folder], { stdio: 'pipe' });
  return join(folder, `platen-relay-${version}.cjs`);
});
const plane = await startControlPlane(dirname(CLI));
const relay = spawn(process.execPath, [CLI, 'relay'], {
  env: {
    ...process.env,
    PLATEN_RELAY_SECRET_FILE: join(folder, 'secret'),
    PLATEN_RELAY_DATA: join(folder, 'data'),
    PLATEN_RELAY_PORT: '0',
    PLATEN_SERVER_URL: plane.url,
    PLATEN_LOG_LEVEL: 'error',
  },
  stdio: ['ignore', 'ignore', 'inherit'],
});
relay.once('exit', (code) => code && (console.error(`the relay exited with ${code}`), process.exit(1)));
await plane.serving();

const socket = new WebSocket(`ws+unix:${join(folder, 'data/keeper.sock')}:/`, 'platen.keeper.v1');
await once(socket, 'open');
const keeper = new RpcPeer(socket, {}, {}, KEEPER_METHODS, createJournal('bench', 'silent'));
const status = () => keeper.call('status', {});
async function until(look) {
  while (!look(await status())) await delay(5);
}

const outcomes = {};
let slowestMs = 0;
let hammering = true;
function attempt(url) {
  const ws = new WebSocket(url, 'platen.relay.v1', { perMessageDeflate: false, handshakeTimeout: 20_000 });
  let outcome = 'cut';
  return new Promise((done) => {
    ws.on('open', () => ws.send(UNKNOWN_PEER));
    ws.on('message', (data) => (outcome = JSON.parse(data).code));
    ws.on('error', (error) => (outcome = error.code ?? error.message));
    ws.on('close', () => done(outcome));
  });
}
async function hammer(url) {
  while (hammering) {
    const start = performance.now();
    const outcome = await attempt(url);
    slowestMs = Math.max(slowestMs, performance.now() - start);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
}

const [{ port }] = (await status()).addresses;
const peers = Array.from({ length: AT_ONCE }, () => hammer(`ws://127.0.0.1:${port}/cloud-hub`));
const durations = [];
for (let replacement = 0; replacement < REPLACEMENTS; replacement++) {
  const { instance } = await keeper.call('try', { file: releases[replacement % 2], pairs: 1 });
  await until(({ candidate }) => candidate?.state === 'ready');
  const start = performance.now();
  await keeper.call('take-over', { instance });
  await until(({ serving }) => serving?.instance === instance && serving.state === 'serving');
  durations.push(performance.now() - start);
}
hammering = false;
await Promise.all(peers);

const total = Object.values(outcomes).reduce((sum, each) => sum + each, 0);
const answered = (outcomes['unknown-session'] ?? 0) + (outcomes.draining ?? 0);
const mean = durations.reduce((sum, each) => sum + each, 0) / durations.length;
console.log(`relay replaced ${REPLACEMENTS} times, ${AT_ONCE} peers at a time, ${total} in all`);
console.log(`refused or cut: ${total - answered} ${JSON.stringify(outcomes)}`);
console.log(`slowest answer ${slowestMs.toFixed(0)} ms, take-over ${mean.toFixed(0)} ms on average`);

socket.terminate();
relay.kill('SIGTERM');
await once(relay, 'exit');
plane.stop();
rmSync(folder, { recursive: true });
