import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication, Type } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import type { ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { Journal } from '../../journal/journal';

/** The answer to a refused upgrade request: an HTTP status and one line of text. */
export interface UpgradeRefusal {
  readonly status: number;
  readonly text: string;
}

/** Decides on an upgrade request before the handshake, so that a refused peer never has a WebSocket. */
export interface UpgradeGuard {
  /** @returns undefined if the handshake may proceed. An error refuses the request with status 500. */
  check(request: IncomingMessage): UpgradeRefusal | undefined | Promise<UpgradeRefusal | undefined>;
}

/** Options of `@WebSocketGateway`: those of `ws`, a path, and a guard that is a provider. */
export interface GatewayOptions extends Pick<ServerOptions, 'maxPayload' | 'handleProtocols'> {
  /** Exact, without query: `/api/live`. One gateway per path. */
  readonly path: string;
  readonly guard: Type<UpgradeGuard>;
}

/** How long a guard may take. */
const GUARD_MS = 10_000;
/** For the closing handshake (RFC 6455 7.1.1). */
const CLOSE_MS = 1_000;
/** The server stops (RFC 6455 7.4.1). */
const GOING_AWAY = 1001;

const NOT_SERVED: UpgradeRefusal = { status: 404, text: 'no WebSocket at this path' };
const TOO_SLOW: UpgradeRefusal = { status: 503, text: 'the server is busy' };
const FAILED: UpgradeRefusal = { status: 500, text: 'internal error' };

interface Gateway {
  readonly server: WebSocketServer;
  readonly guard: UpgradeGuard;
}

/**
 * Nest's adapter for `ws`, with two differences: an upgrade request (RFC 9110 7.8) passes the guard of its gateway
 * before the handshake, and a path without a gateway is answered with 404. Guards, throttling and login of routes do
 * not apply to gateways.
 */
export class GatewayAdapter extends WsAdapter {
  readonly #gateways = new Map<string, Gateway>();
  /** Sockets between their upgrade request and their handshake. */
  readonly #pending = new Set<Duplex>();
  #closing = false;

  constructor(
    private readonly http: Server,
    private readonly guardOf: (type: Type<UpgradeGuard>) => UpgradeGuard,
    private readonly journal: Journal,
    private readonly guardMs = GUARD_MS,
  ) {
    super(http);
    http.on('upgrade', this.#upgrade);
  }

  static of(app: INestApplication, journal: Journal): GatewayAdapter {
    return new GatewayAdapter(app.getHttpServer() as Server, (type) => app.get(type, { strict: false }), journal);
  }

  override create(port: number, options: GatewayOptions): WebSocketServer {
    const { guard, path, ...rest } = options;
    if (this.#gateways.has(path)) throw new Error(`${path} has a gateway already`);
    const server = super.create(port, { perMessageDeflate: false, path, ...rest }) as WebSocketServer;
    this.#gateways.set(path, { server, guard: this.guardOf(guard) });
    return server;
  }

  /** Nest's adapter parses every message as JSON; without handlers there is no reason to. */
  override bindMessageHandlers(...[client, handlers, transform]: Parameters<WsAdapter['bindMessageHandlers']>): void {
    if (handlers.length > 0) super.bindMessageHandlers(client, handlers, transform);
  }

  /**
   * Nest's adapter would log a peer's mistake as an error of the server. `ws` has already sent the close code, such as
   * 1009 for a message over `maxPayload` (RFC 6455 7.4.1); a peer that does not answer it is terminated.
   */
  override bindErrorHandler(server: WebSocketServer): WebSocketServer {
    server.on('connection', (client: WebSocket) =>
      client.on('error', ({ message, code }: NodeJS.ErrnoException) => {
        this.journal.debug('a WebSocket is closed after an error', { detail: message, errorCode: code });
        cutLater(client);
      }),
    );
    return server;
  }

  override async close(server: WebSocketServer): Promise<void> {
    this.#stopAdmitting();
    const closed = [...server.clients].map((client) => closedInTime(client));
    await Promise.all(closed);
    await super.close(server);
  }

  override async dispose(): Promise<void> {
    this.http.off('upgrade', this.#upgrade);
    this.#stopAdmitting();
    await super.dispose();
  }

  /** Nest's adapter would add its own listener for upgrades here. */
  protected override ensureHttpServerExists(): undefined {}

  /** The HTTP server cannot close while an upgraded connection is left. */
  #stopAdmitting(): void {
    this.#closing = true;
    for (const socket of this.#pending) socket.destroy();
  }

  readonly #upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // without a listener, a reset by the peer would end the process
    socket.on('error', () => socket.destroy());
    if (this.#closing) return void socket.destroy();
    const gateway = this.#gateways.get((request.url ?? '').split('?', 1)[0]!);
    if (!gateway) return refuse(socket, NOT_SERVED);
    this.#pending.add(socket);
    socket.once('close', () => this.#pending.delete(socket));
    this.#check(gateway, request)
      .then((refusal) => {
        this.#pending.delete(socket);
        if (refusal) return refuse(socket, refusal);
        if (!socket.destroyed)
          gateway.server.handleUpgrade(request, socket, head, (client) =>
            gateway.server.emit('connection', client, request),
          );
      })
      .catch((error: unknown) => {
        this.journal.unexpected(error, 'checking an upgrade request');
        refuse(socket, FAILED);
      });
  };

  async #check({ guard }: Gateway, request: IncomingMessage): Promise<UpgradeRefusal | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<UpgradeRefusal>((resolve) => {
      timer = setTimeout(() => resolve(TOO_SLOW), this.guardMs);
    });
    return Promise.race([Promise.resolve().then(() => guard.check(request)), late]).finally(() => clearTimeout(timer));
  }
}

/** Answers an upgrade request that is refused, and closes the connection. */
function refuse(socket: Duplex, { status, text }: UpgradeRefusal): void {
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`, () => socket.destroy());
}

function closedInTime(client: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (client.readyState === client.CLOSED) return resolve();
    cutLater(client);
    client.once('close', () => resolve());
    client.close(GOING_AWAY);
  });
}

function cutLater(client: WebSocket): void {
  const timer = setTimeout(() => client.terminate(), CLOSE_MS);
  client.once('close', () => clearTimeout(timer));
}
