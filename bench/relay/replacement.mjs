// Counts the peers that are refused or cut while a relay is replaced repeatedly.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { shown, summary } from '../report.mjs';
import { startControlPlane } from './control-plane.mjs';

const AT_ONCE = 16;
const UNKNOWN_PEER = JSON.stringify({ type: 'establish', sessionId: 'S'.repeat(43), token: 'T'.repeat(43) });

/** @returns how a peer with an unknown session was answered */
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

export async function run({ quick, root }) {
  const replacements = quick ? 3 : 10;
  const dist = join(root, 'dist/src');
  const require = createRequire(import.meta.url);
  const { RpcPeer } = require(join(dist, 'tunnel/json-rpc.js'));
  const { KEEPER_METHODS } = require(join(dist, 'protocol/keeper-rpc.js'));
  const { createJournal } = require(join(dist, 'journal/journal.js'));

  const folder = mkdtempSync(join(tmpdir(), 'platen-bench-'));
  writeFileSync(join(folder, 'secret'), 'a-secret-for-the-benchmark');
  const releases = ['1.1.0', '1.2.0'].map((version) => {
    const build = [join(root, 'tools/build-release.mjs'), '--version', version, '--out', folder];
    execFileSync(process.execPath, build, { stdio: 'pipe' });
    return join(folder, `platen-relay-${version}.cjs`);
  });
  const plane = await startControlPlane(dist);
  const relay = spawn(process.execPath, [join(dist, 'cli.js'), 'relay'], {
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
  const until = async (reached) => {
    while (!reached(await status())) await delay(5);
  };

  const outcomes = {};
  let slowestMs = 0;
  let hammering = true;
  const hammer = async (url) => {
    while (hammering) {
      const start = performance.now();
      const outcome = await attempt(url);
      slowestMs = Math.max(slowestMs, performance.now() - start);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  const [{ port }] = (await status()).addresses;
  const peers = Array.from({ length: AT_ONCE }, () => hammer(`ws://127.0.0.1:${port}/cloud-hub`));
  const durations = [];
  for (let replacement = 0; replacement < replacements; replacement++) {
    const { instance } = await keeper.call('try', { file: releases[replacement % 2], pairs: 1 });
    await until(({ candidate }) => candidate?.state === 'ready');
    const start = performance.now();
    await keeper.call('take-over', { instance });
    await until(({ serving }) => serving?.instance === instance && serving.state === 'serving');
    durations.push(performance.now() - start);
  }
  hammering = false;
  await Promise.all(peers);
  socket.terminate();
  relay.kill('SIGTERM');
  await once(relay, 'exit');
  plane.stop();
  rmSync(folder, { recursive: true });

  const total = Object.values(outcomes).reduce((sum, each) => sum + each, 0);
  const cut = total - (outcomes['unknown-session'] ?? 0) - (outcomes.draining ?? 0);
  return {
    title: 'Replacement of a relay',
    method: `Replaced ${replacements} times, while ${AT_ONCE} peers connect again and again.`,
    tables: [
      {
        columns: ['peers', 'refused or cut', 'slowest answer, ms', 'take-over, ms'],
        rows: [[String(total), String(cut), slowestMs.toFixed(0), shown(summary(durations), 0)]],
      },
    ],
    targets: [{ what: 'peers cut while a relay is replaced', target: '0', measured: String(cut), reached: cut === 0 }],
    figures: { outcomes, slowestMs, durations },
  };
}
