import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { isIP, Server as TcpServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { RELAY_PATHS } from '../../protocol/relay-messages';
import { HALVES, type Half } from '../../protocol/remote-session';
import { RELAY_SUBPROTOCOL } from '../../protocol/version';
import { watchCertificate } from '../../tunnel/certificate-files';
import { admitOnlyProxies, proxyMatcher } from '../../tunnel/reverse-proxies';
import type { RelayConfig } from '../relay-config';
import { handshakeAnswer, handshakeKey } from './websocket/handshake';
import { ServerWebSocket } from './websocket/server-web-socket';

/** Room for connections that are not upgraded yet, in addition to LIMITS.RELAY_CONNECTIONS. */
const SPARE_CONNECTIONS = 100;

/** `fd`: an inherited, bound socket. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly fd: number };
/** `stream`: the raw stream below the WebSocket. */
export type OnPeer = (side: Half, ws: ServerWebSocket, stream: Duplex, address: string) => void;

/** The relay's paths, with an optional pair number in front, so that a reverse proxy need not remove it. */
const PATH = /^(?:\/\d{1,2})?(\/[a-z-]+)$/;

/** One port of a pair: upgrades the two paths of the relay protocol to WebSockets and answers 404 to other requests. */
export class Listener {
  readonly #server: Server;
  readonly #isProxy: (address: string) => boolean;
  /** Connections that are not a WebSocket yet. */
  readonly #unauthenticated = new Map<string, Socket>();
  readonly #webSockets = new Set<ServerWebSocket>();

  constructor(
    { tls, proxies }: Pick<RelayConfig, 'tls' | 'proxies'>,
    private readonly onPeer: OnPeer,
    private readonly journal: Journal,
  ) {
    this.#isProxy = proxyMatcher(tls ? [] : proxies);
    const bounds = {
      maxHeaderSize: 8 * 1024,
      headersTimeout: LIMITS.RELAY_ESTABLISH_MS,
      connectionsCheckingInterval: LIMITS.RELAY_ESTABLISH_MS / 2,
      noDelay: true,
    };
    const notFound = (_request: IncomingMessage, response: ServerResponse) =>
      void response.writeHead(404, { connection: 'close' }).end();
    if (tls) {
      const { cert, key, files } = tls;
      const secured = {
        ...bounds,
        cert,
        key,
        minVersion: 'TLSv1.2',
        handshakeTimeout: LIMITS.RELAY_ESTABLISH_MS,
      } as const;
      const server = createHttpsServer(secured, notFound);
      if (files) watchCertificate(server, files, { certificate: cert, key }, journal);
      this.#server = server;
    } else this.#server = createHttpServer(bounds, notFound);
    this.#server.maxConnections = LIMITS.RELAY_CONNECTIONS + SPARE_CONNECTIONS;
    this.#server.on('connection', (socket: Socket) => {
      const remote = remoteOf(socket);
      this.#unauthenticated.set(remote, socket);
      this.#cutOldest();
      socket.on('close', () => this.#unauthenticated.delete(remote));
    });
    this.#server.on('upgrade', (request: IncomingMessage, stream: Socket, head: Buffer) =>
      this.#upgrade(request, stream, head),
    );
    if (!tls) admitOnlyProxies(this.#server, proxies, 'PLATEN_RELAY_BEHIND_PROXY', journal);
  }

  async listen(address: ListenAddress): Promise<AddressInfo> {
    this.#server.listen(address);
    await once(this.#server, 'listening');
    this.#server.on('error', (error) => this.journal.unexpected(error, 'listening'));
    return this.#server.address() as AddressInfo;
  }

  /**
   * Accepts no new connections. Open WebSockets stay open, and pending connections are still answered if their request
   * arrives within LIMITS.RELAY_PENDING_MS. Resolves when the last connection has closed.
   */
  async stopAccepting(): Promise<void> {
    const patience = setTimeout(() => {
      for (const socket of this.#unauthenticated.values()) socket.destroy();
    }, LIMITS.RELAY_PENDING_MS);
    // http.Server.close would also close connections.
    await new Promise<void>((resolve) => TcpServer.prototype.close.call(this.#server, () => resolve()));
    clearTimeout(patience);
  }

  /** Cuts all open connections. */
  cut(): void {
    for (const ws of this.#webSockets) ws.terminate();
    for (const socket of this.#unauthenticated.values()) socket.destroy();
  }

  /** Its request takes milliseconds; one that keeps its connection for longer must not keep others out. */
  #cutOldest(): void {
    for (const [remote, socket] of this.#unauthenticated) {
      if (this.#unauthenticated.size <= LIMITS.RELAY_UNAUTHENTICATED) return;
      this.#unauthenticated.delete(remote);
      socket.destroy();
    }
  }

  /** The last forwarded address is the one that the trusted proxy has seen itself. */
  #addressOf({ socket, headers }: IncomingMessage): string {
    const address = socket.remoteAddress ?? '';
    const forwarded = String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)!
      .trim();
    return this.#isProxy(address) && isIP(forwarded) !== 0 ? forwarded : address;
  }

  #upgrade(request: IncomingMessage, stream: Socket, head: Buffer): void {
    stream.on('error', () => stream.destroy());
    const path = PATH.exec(request.url ?? '')?.[1];
    const side = HALVES.find((half) => RELAY_PATHS[half] === path);
    // Web pages must not connect: browsers send an Origin, agents and terminals do not.
    if (!side || request.headers.origin !== undefined) return answer(stream, '404 Not Found', '');
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(RELAY_SUBPROTOCOL))
      return answer(stream, '400 Bad Request', `this relay speaks the subprotocol ${RELAY_SUBPROTOCOL}\n`);
    const key = handshakeKey(request);
    if (!key) return answer(stream, '400 Bad Request', '', 'Sec-WebSocket-Version: 13\r\n');
    this.#unauthenticated.delete(remoteOf(request.socket));
    stream.write(handshakeAnswer(key, RELAY_SUBPROTOCOL));
    if (head.length > 0) stream.unshift(head);
    const ws = new ServerWebSocket(stream);
    this.#webSockets.add(ws);
    ws.on('close', () => this.#webSockets.delete(ws));
    this.onPeer(side, ws, stream, this.#addressOf(request));
  }
}

/** Identifies a connection: a TCP socket and its TLS socket have the same remote address and port. */
const remoteOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

function answer(stream: Duplex, status: string, body: string, header = ''): void {
  stream.once('finish', () => stream.destroy());
  stream.end(
    `HTTP/1.1 ${status}\r\n${header}Connection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
