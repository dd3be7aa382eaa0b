import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Journal } from '../../journal/journal';
import { KEEPER_METHODS, type KeeperMethods } from '../../protocol/keeper-rpc';
import { LIMITS } from '../../protocol/limits';
import { KEEPER_SUBPROTOCOL } from '../../protocol/version';
import { RpcPeer, type RpcHandlers } from '../../tunnel/json-rpc';
import { KeeperRunning } from './keeper.errors';

export const keeperSocket = (folder: string): string => join(folder, 'keeper.sock');

/**
 * The keeper's Unix domain socket. The mode of its folder restricts it to one user. It is also the lock that allows one
 * keeper per folder, because two processes cannot listen on the same path.
 */
export class KeeperSocket {
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.RELAY_RPC_BYTES,
    handleProtocols: () => KEEPER_SUBPROTOCOL,
  });

  private constructor(private readonly server: Server) {}

  /** @throws KeeperRunning, or Node's error for an unusable path (for example, longer than 107 bytes) */
  static async open(folder: string): Promise<KeeperSocket> {
    const path = keeperSocket(folder);
    const server = createServer((_request, response) => void response.writeHead(404).end());
    try {
      await listen(server, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      if (await answers(path)) throw new KeeperRunning(`another keeper is already running in ${folder}`);
      rmSync(path, { force: true }); // orphaned by a keeper that was killed
      await listen(server, path);
    }
    return new KeeperSocket(server);
  }

  serve(handlers: RpcHandlers<KeeperMethods>, journal: Journal): void {
    this.#webSockets.on('connection', (ws: WebSocket) => void new RpcPeer(ws, KEEPER_METHODS, handlers, {}, journal));
    this.server.on('upgrade', (request, stream, head) => {
      stream.on('error', () => stream.destroy());
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
      if (offered.includes(KEEPER_SUBPROTOCOL))
        return this.#webSockets.handleUpgrade(request, stream, head, (ws) => this.#webSockets.emit('connection', ws));
      const body = `this keeper speaks the subprotocol ${KEEPER_SUBPROTOCOL}\n`;
      stream.end(`HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  }

  async close(): Promise<void> {
    for (const ws of this.#webSockets.clients) ws.terminate();
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen(path);
  await once(server, 'listening');
}

function answers(path: string): Promise<boolean> {
  const probe = connect(path);
  return new Promise((resolve) => {
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
