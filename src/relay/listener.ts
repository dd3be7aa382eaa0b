import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Journal } from '../journal/journal';
import { LIMITS } from '../protocol/limits';
import { RELAY_PATHS } from '../protocol/relay-messages';
import { HALVES, type Half } from '../protocol/remote-session';
import { RELAY_SUBPROTOCOL } from '../protocol/version';

/** Connections that have not been upgraded yet may come on top of those that are served. */
const SPARE_CONNECTIONS = 100;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM text. */
  readonly tls: { cert: string; key: string } | undefined;
}
/** `stream`: the raw stream below the WebSocket. */
export type OnPeer = (side: Half, ws: WebSocket, stream: Duplex, address: string) => void;

/** The relay's one port: upgrades the two paths of the relay protocol to WebSockets and answers 404 to all else. */
export class Listener {
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: LIMITS.RELAY_FRAME_BYTES,
    // Traffic inside is compressed or encrypted already; deflate costs memory per connection.
    perMessageDeflate: false,
    closeTimeout: LIMITS.RELAY_CLOSE_MS,
  } as ConstructorParameters<typeof WebSocketServer>[0]);

  constructor(
    private readonly options: ListenerOptions,
    private readonly onPeer: OnPeer,
    private readonly journal: Journal,
  ) {
    const bounds = {
      maxHeaderSize: 8 * 1024,
      headersTimeout: LIMITS.RELAY_ESTABLISH_MS,
      connectionsCheckingInterval: LIMITS.RELAY_ESTABLISH_MS / 2,
      noDelay: true,
    };
    const notFound = (_request: IncomingMessage, response: { writeHead(status: number): { end(): void } }) =>
      void response.writeHead(404).end();
    this.#server = options.tls
      ? createHttpsServer(
          { ...bounds, ...options.tls, minVersion: 'TLSv1.2', handshakeTimeout: LIMITS.RELAY_ESTABLISH_MS },
          notFound,
        )
      : createHttpServer(bounds, notFound);
    this.#server.maxConnections = LIMITS.RELAY_CONNECTIONS + SPARE_CONNECTIONS;
    this.#server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) =>
      this.#upgrade(request, stream, head),
    );
  }

  async listen(): Promise<AddressInfo> {
    this.#server.listen(this.options.port, this.options.host);
    await once(this.#server, 'listening');
    this.#server.on('error', (error) => this.journal.unforeseen(error, 'listening'));
    return this.#server.address() as AddressInfo;
  }

  /** Takes no new connections; open ones live on. Resolves when the last of them has closed. */
  stopAccepting(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Cuts what is still open. */
  cut(): void {
    for (const ws of this.#webSockets.clients) ws.terminate();
    this.#server.closeAllConnections();
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy());
    const side = HALVES.find((half) => RELAY_PATHS[half] === request.url);
    // A web page has no business here: browsers send an Origin, agents and terminals never do.
    if (!side || request.headers.origin !== undefined) return answer(stream, '404 Not Found', '');
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(RELAY_SUBPROTOCOL))
      return answer(stream, '400 Bad Request', `this relay speaks the subprotocol ${RELAY_SUBPROTOCOL}\n`);
    request.headers['sec-websocket-protocol'] = RELAY_SUBPROTOCOL;
    const address = request.socket.remoteAddress ?? '';
    this.#webSockets.handleUpgrade(request, stream, head, (ws) => this.onPeer(side, ws, stream, address));
  }
}

function answer(stream: Duplex, status: string, body: string): void {
  stream.once('finish', () => stream.destroy());
  stream.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
