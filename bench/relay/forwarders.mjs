// What forwards bytes between two peers: Platen's relay, and others for comparison. Each is a program of its own.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HAPROXY } from '../peers.mjs';
import { firstLine } from '../report.mjs';
import { startControlPlane } from './control-plane.mjs';
import { clientFrame, establish, openWebSocket } from './raw-web-socket.mjs';
import { startRelay } from './relay-processes.mjs';

const plain = (payload) => payload;
const dial = async (port) => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
};

/**
 * @returns {Promise<{name, pids, message(payload), open(): Promise<[source, sink]>, stop()}[]>} those that can run here;
 *   `message` is the payload as it is sent, `open` one more connection through the forwarder
 */
export async function startForwarders(cli, dist, folder) {
  const plane = await startControlPlane(dist);
  const relay = await startRelay(cli, folder, plane, 1);
  return {
    platen: {
      name: 'Platen relay',
      pids: relay.all,
      message: clientFrame,
      open: async () => {
        const { device, terminal } = await plane.prepare();
        return [await establish(device), await establish(terminal)];
      },
      stop: () => relay.stop().then(() => plane.stop()),
    },
    pipe: await startNode('Node TCP pipe', 'tcp-pipe.mjs', plain, dial),
    ws: await startNode('`ws` forwarder', 'ws-forwarder.mjs', clientFrame, (port) =>
      openWebSocket(`ws://127.0.0.1:${port}/`, 'bench'),
    ),
    ...(existsSync(HAPROXY) ? { haproxy: await startHaproxy(folder) } : {}),
  };
}

/** A program beside this one, which joins each two connections that it accepts. */
async function startNode(name, file, message, peer) {
  const program = fork(fileURLToPath(new URL(file, import.meta.url)));
  const [port] = await once(program, 'message');
  return {
    name,
    pids: [program.pid],
    message,
    open: async () => [await peer(port), await peer(port)],
    stop: () => {
      program.kill();
      return once(program, 'exit');
    },
  };
}

async function startHaproxy(folder) {
  const accepted = [];
  const sink = createServer((socket) => accepted.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global\n  maxconn 1000\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 5m\n  timeout server 5m\n` +
      `listen relay\n  bind 127.0.0.1:${port}\n  server sink 127.0.0.1:${sink.address().port}\n`,
  );
  const program = spawn(HAPROXY, ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    name: firstLine(HAPROXY, '-v').replace(/^(HAProxy) version (\d+\.\d+\.\d+).*/, '$1 $2, TCP mode'),
    pids: [program.pid],
    message: plain,
    open: async () => {
      let source;
      while (!source) source = await dial(port).catch(() => delay(20));
      while (accepted.length === 0) await delay(5);
      return [source, accepted.shift()];
    },
    stop: () => {
      program.kill();
      sink.close();
      return once(program, 'exit');
    },
  };
}
