// A minimal control plane for a relay. It accepts every token that it has issued.
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';

/** @param dist folder of the compiled sources, `.../src` */
export async function startControlPlane(dist) {
  const require = createRequire(import.meta.url);
  const { RpcPeer } = require(join(dist, 'tunnel/json-rpc.js'));
  const { CONTROL_PLANE_METHODS, RELAY_METHODS } = require(join(dist, 'protocol/relay-rpc.js'));
  const { createJournal } = require(join(dist, 'journal/journal.js'));
  const sessions = new Map();
  const validUntil = new Date(Date.now() + 3_600_000).toISOString();
  let connected;
  const relay = new Promise((resolve) => (connected = resolve));

  const server = createServer();
  const webSockets = new WebSocketServer({ server, path: '/internal/relay' });
  webSockets.on('connection', (ws) => {
    const handlers = {
      announce: async ({ standing }) => (standing === 'serving' && connected(peer), {}),
      authenticate: async ({ linkId }) => ({ outcome: 'permitted', remoteSessionId: sessions.get(linkId), validUntil }),
      'report-log': async () => ({ known: true }),
      'request-termination': async () => ({}),
    };
    const peer = new RpcPeer(ws, CONTROL_PLANE_METHODS, handlers, RELAY_METHODS, createJournal('bench', 'silent'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Resolves when a relay is serving. */
    serving: () => relay.then(() => undefined),
    /** @returns {Promise<{remoteSessionId, device, terminal}>} with the parameters of `establish` for each side */
    async prepare() {
      const remoteSessionId = randomUUID();
      const info = await (await relay).call('connection-info', { remoteSessionId, connectBefore: validUntil });
      sessions.set(info.linkId, remoteSessionId);
      const token = () => randomBytes(32).toString('base64url');
      return {
        remoteSessionId,
        device: { ...info.device, token: token() },
        terminal: { ...info.terminal, token: token() },
      };
    },
    stop() {
      for (const ws of webSockets.clients) ws.terminate();
      server.close();
    },
  };
}
