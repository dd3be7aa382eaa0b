import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { duplexPair, type Duplex } from 'node:stream';
import type { Journal } from '../../journal/journal';
import { DENIALS, type AccessCondition, type Denial } from '../../protocol/access-conditions';
import type { Asker } from '../../protocol/asker';
import { LIMITS } from '../../protocol/limits';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import type { AccessControl } from '../conditions/access-control';
import type { Target } from '../configuration/application';
import { BoxProblem, sendProblem } from './box-problem';
import { boxRequestOf, type BoxRequest } from './box-request';
import { BoxTransfer } from './box-transfer';

/** A document comes from outside: no browser may run it as a page of the session. */
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'content-disposition': 'attachment',
};

export interface BoxGatewayOptions {
  readonly remoteSessionId: string;
  readonly deviceId: string;
  readonly asker: Asker;
  readonly target: Target;
  readonly access: AccessControl;
  readonly journal: Journal;
}

/** A connection of the client. The timer runs while no request does. */
interface Connection {
  requests: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * The end of a session with a document box: the agent itself is the HTTP server of the client. Each request is compared
 * with the access conditions and counted; for a permitted one the agent makes a request of its own to the device, so
 * nothing else of what the client sends reaches it.
 */
export class BoxGateway {
  readonly #server = createServer({ maxHeaderSize: LIMITS.BOX_HEADER_BYTES });
  readonly #connections = new Map<Duplex, Connection>();
  readonly #transfers = new Set<BoxTransfer>();
  #requests = 0;

  constructor(private readonly options: BoxGatewayOptions) {
    // It never listens: connections come through the tunnel.
    this.#server.on('request', (request, response) => void this.#answer(request, response, false));
    this.#server.on('checkContinue', (request, response) => void this.#answer(request, response, true));
    this.#server.on('clientError', (_error, socket: Duplex) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
    this.#server.on('connect', (_request, socket: Duplex) => socket.destroy());
  }

  /** One connection of the client. */
  open(): Duplex {
    const [client, stream] = duplexPair();
    const connection: Connection = { requests: 0, timer: undefined };
    this.#connections.set(stream, connection);
    stream.once('close', () => {
      clearTimeout(connection.timer);
      this.#connections.delete(stream);
      // The two ends of a pair do not close each other.
      if (!stream.writableFinished) client.destroy();
    });
    client.once('close', () => stream.destroy());
    stream.on('error', () => undefined);
    this.#awaitRequest(stream);
    this.#server.emit('connection', stream);
    return client;
  }

  /** Ends every transfer whose condition was revoked or no longer applies. */
  check(): void {
    for (const transfer of this.#transfers) transfer.check();
  }

  close(): void {
    for (const transfer of this.#transfers) transfer.stop('the session ends');
    for (const stream of this.#connections.keys()) stream.destroy();
  }

  /** Closes a connection that is idle, or whose next request does not arrive in time. */
  #awaitRequest(stream: Duplex): void {
    const connection = this.#connections.get(stream);
    if (!connection || connection.requests > 0) return;
    clearTimeout(connection.timer);
    connection.timer = setTimeout(() => stream.destroy(), LIMITS.BOX_REQUEST_MS);
  }

  #begin(stream: Duplex): void {
    const connection = this.#connections.get(stream);
    if (!connection) return;
    connection.requests++;
    clearTimeout(connection.timer);
  }

  #finish(stream: Duplex): void {
    const connection = this.#connections.get(stream);
    if (!connection) return;
    connection.requests--;
    this.#awaitRequest(stream);
  }

  async #answer(request: IncomingMessage, response: ServerResponse, mayContinue: boolean): Promise<void> {
    const stream: Duplex = request.socket;
    this.#begin(stream);
    response.once('close', () => this.#finish(stream));
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    this.#requests++;
    try {
      const asked = boxRequestOf(request);
      if ('refused' in asked) throw new BoxProblem(asked.status, asked.refused, asked.detail, asked);
      if (this.#requests > LIMITS.BOX_REQUESTS)
        throw new BoxProblem(429, 'too-many-requests', 'too many requests at once', { retryAfterSeconds: 1 });
      const transfer = new BoxTransfer(asked, await this.#admit(asked), {
        ...this.options,
        admit: (request) => this.#admit(request),
        denied: (request, reason) => this.#denied(request, reason),
      });
      this.#transfers.add(transfer);
      try {
        if (mayContinue) response.writeContinue();
        await transfer.forward(request, response);
      } finally {
        this.#transfers.delete(transfer);
      }
    } catch (error) {
      this.#refuse(response, error);
    } finally {
      this.#requests--;
    }
  }

  /** @throws BoxProblem access-denied */
  async #admit(asked: BoxRequest): Promise<AccessCondition> {
    const { access, deviceId, asker } = this.options;
    const { box, operation, bytes } = asked;
    const decision = await access.store.admit(deviceId, { asker, access: { kind: 'box', box, operation, bytes } });
    if (!decision.permitted) throw this.#denied(asked, decision.reason);
    return decision.condition;
  }

  #denied(asked: BoxRequest, reason: Denial): BoxProblem {
    const { access, deviceId, remoteSessionId, asker } = this.options;
    access.deny({ deviceId, remoteSessionId, asker, what: asked.what, reason });
    return new BoxProblem(403, 'access-denied', DENIALS[reason], { reason });
  }

  #refuse(response: ServerResponse, error: unknown): void {
    // Part of the document was sent: only the end of the connection says that the rest is missing.
    if (response.headersSent || response.destroyed) return void response.destroy();
    sendProblem(response, this.#problemOf(error));
  }

  #problemOf(error: unknown): BoxProblem {
    if (error instanceof BoxProblem) return error;
    const { remoteSessionId, journal } = this.options;
    if (error instanceof StreamRefused) return new BoxProblem(error.status, 'device-offline', error.detail);
    const { message, code, name } = error as NodeJS.ErrnoException;
    if (code !== undefined || name === 'AbortError' || message === 'no progress in time') {
      journal.info('a request to a document box failed', { remoteSessionId, detail: message });
      return new BoxProblem(502, 'device-offline', 'the document box did not answer');
    }
    const incident = journal.unexpected(error, 'a request to a document box');
    return new BoxProblem(500, 'internal-error', `incident ${incident}`);
  }
}
