import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { duplexPair, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { boxName, DENIALS, type AccessCondition, type Denial } from '../../protocol/access-conditions';
import type { Asker } from '../../protocol/asker';
import { LIMITS } from '../../protocol/limits';
import { instant } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import type { ProblemCode } from '../../protocol/problems';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import type { AccessControl } from '../conditions/access-control';
import { decideAccess } from '../conditions/access-decision';
import { bytesLeft } from '../conditions/condition-store';
import type { Target } from '../configuration/configuration';
import { connectTarget } from './application-connection';
import { BoxProblem, sendProblem } from './box-problem';
import { boxRequestOf, type BoxRequest } from './box-request';
import { Meter } from './meter';

/** Counted on disk at once in a transfer of unknown length; what a crash can cost of the permitted bytes. */
const SLICE_BYTES = 1024 * 1024;

/** Header fields that pass, in both directions; all others are this hop's own. */
const TO_DEVICE = ['accept', 'content-type', 'if-match', 'if-none-match', 'if-modified-since', 'range', 'if-range'];
const TO_CLIENT = ['content-type', 'etag', 'last-modified', 'content-range', 'accept-ranges'];
/** A document comes from outside: no browser may run it as a page of the session. */
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'content-disposition': 'attachment',
};

/** What a device says in a list (PROTOCOL.md, *Document box*). */
const boxList = z.object({ boxes: z.array(boxName) });
const documentList = z.object({
  documents: z.array(z.object({ name: boxName, bytes: z.int().nonnegative(), modifiedAt: instant })),
});

/** Refusals of the device that reach the client as they are; all others are the box's failure. */
const DEVICE_REFUSALS: Readonly<Record<number, ProblemCode>> = {
  404: 'not-found',
  409: 'conflict',
  412: 'conflict',
  413: 'too-large',
  416: 'invalid-request',
  507: 'storage-full',
};

export interface BoxGatewayOptions {
  readonly remoteSessionId: string;
  readonly deviceId: string;
  readonly asker: Asker;
  readonly target: Target;
  readonly access: AccessControl;
  readonly journal: Journal;
}

/** A permitted request on its way to the device. */
interface Transfer {
  condition: AccessCondition;
  readonly stopping: AbortController;
}

/** A connection of the client. The timer runs while no request does. */
interface Connection {
  requests: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * The end of a session with a document box: the agent itself is the HTTP server of the client. Each request is compared
 * with the access conditions and counted; for a permitted one the agent makes a request of its own to the device, so nothing else of
 * what the client sends reaches it.
 */
export class BoxGateway {
  readonly #server = createServer({ maxHeaderSize: LIMITS.BOX_HEADER_BYTES });
  readonly #connections = new Map<Duplex, Connection>();
  readonly #transfers = new Set<Transfer>();
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
    for (const { condition, stopping } of this.#transfers) {
      const reason = this.options.access.endOfCondition(condition.id);
      if (reason) stopping.abort(new BoxProblem(403, 'access-denied', DENIALS[reason], { reason }));
    }
  }

  close(): void {
    for (const { stopping } of this.#transfers) stopping.abort(new BoxProblem(503, 'session-over', 'the session ends'));
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
      const transfer: Transfer = { condition: await this.#admit(asked), stopping: new AbortController() };
      this.#transfers.add(transfer);
      try {
        if (mayContinue) response.writeContinue();
        await this.#forward(asked, transfer, request, response);
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

  async #forward(asked: BoxRequest, transfer: Transfer, from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { signal } = transfer.stopping;
    // If the client leaves, so does the request at the device.
    to.once('close', () => transfer.stopping.abort(new BoxProblem(503, 'session-over', 'the client has left')));
    const outgoing = await this.#open(asked, from, signal);
    try {
      const answered = once(outgoing, 'response', { signal }) as Promise<[IncomingMessage]>;
      answered.catch(() => undefined);
      const sent = this.#send(asked, transfer, from, outgoing);
      // The device may refuse a document before it has received all of it.
      const first = await Promise.race([answered, sent.then(() => answered)]);
      await this.#reply(asked, transfer, first[0], to);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      outgoing.destroy();
    }
  }

  async #open(asked: BoxRequest, from: IncomingMessage, signal: AbortSignal): Promise<ClientRequest> {
    const { target } = this.options;
    const socket = await connectTarget(target);
    signal.addEventListener('abort', () => socket.destroy());
    if (signal.aborted) socket.destroy();
    signal.throwIfAborted();
    const headers: Record<string, string | number> = { host: new URL(target.origin!).host, connection: 'close' };
    for (const name of TO_DEVICE) {
      const value = from.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    if (asked.operation === 'put' && asked.bytes !== null) headers['content-length'] = asked.bytes;
    if (asked.operation === 'put' && asked.bytes === null) headers['transfer-encoding'] = 'chunked';
    const outgoing = httpRequest({
      createConnection: () => socket,
      method: asked.method,
      path: asked.path,
      headers,
      setHost: false,
      maxHeaderSize: LIMITS.BOX_HEADER_BYTES,
    });
    outgoing.on('error', () => undefined); // `once` and `pipeline` report it
    socket.setTimeout(LIMITS.BOX_STALL_MS, () => socket.destroy(new Error('no progress in time')));
    return outgoing;
  }

  async #send(asked: BoxRequest, transfer: Transfer, from: IncomingMessage, to: ClientRequest): Promise<void> {
    if (asked.operation !== 'put') return void to.end();
    const { signal } = transfer.stopping;
    if (asked.bytes !== null) return pipeline(from, to, { signal });
    const meter = this.#meter(asked, transfer.condition);
    try {
      await pipeline(from, meter, to, { signal });
    } catch (error) {
      throw meter.cut ?? error;
    }
  }

  async #reply(asked: BoxRequest, transfer: Transfer, from: IncomingMessage, to: ServerResponse): Promise<void> {
    const status = from.statusCode ?? 0;
    const code = DEVICE_REFUSALS[status];
    if (code) throw new BoxProblem(status, code, `the document box answered ${status}`);
    if (asked.operation === 'list' && status === 200) return this.#list(asked, transfer, from, to);
    const done = asked.operation === 'put' ? [200, 201, 204] : asked.operation === 'delete' ? [200, 204] : [];
    if (done.includes(status)) return void to.writeHead(status === 200 ? 204 : status).end();
    if (asked.operation !== 'get' || ![200, 206, 304].includes(status))
      throw new BoxProblem(502, 'device-offline', `the document box answered ${status}`);
    await this.#document(asked, transfer, from, to);
  }

  async #list(asked: BoxRequest, transfer: Transfer, from: IncomingMessage, to: ServerResponse): Promise<void> {
    const text = await readText(from);
    const schema = asked.box === null ? boxList : documentList;
    const { data } = schema.safeParse(parseJson(text));
    if (!data) throw new BoxProblem(502, 'device-offline', 'the document box sent no valid list');
    const listed = 'boxes' in data ? { boxes: data.boxes.filter((box) => this.#mayList(box, transfer)) } : data;
    const body = JSON.stringify(listed);
    to.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    to.end(asked.method === 'HEAD' ? undefined : body);
  }

  /** The list of all boxes has only those that may be listed. */
  #mayList(box: string, { condition }: Transfer): boolean {
    const { access, deviceId, asker } = this.options;
    // What this request has counted does not matter.
    const conditions = access.store.of(deviceId).map((each) => (each.id === condition.id ? condition : each));
    const listing = { asker, access: { kind: 'box', box, operation: 'list', bytes: null } } as const;
    return decideAccess(conditions, listing, access.store.now()).permitted;
  }

  async #document(asked: BoxRequest, transfer: Transfer, from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { signal } = transfer.stopping;
    for (const name of TO_CLIENT) {
      const value = from.headers[name];
      if (typeof value === 'string') to.setHeader(name, value);
    }
    const length = from.headers['content-length'] === undefined ? null : Number(from.headers['content-length']);
    if (length !== null) to.setHeader('content-length', length);
    if (asked.method === 'HEAD' || from.statusCode === 304) return void to.writeHead(from.statusCode ?? 200).end();
    if (length === null) {
      const meter = this.#meter(asked, transfer.condition);
      await pipeline(from, meter, to.writeHead(from.statusCode ?? 200), { signal }).catch((error: unknown) => {
        throw meter.cut ?? error;
      });
      return;
    }
    if (!(await this.options.access.store.take(transfer.condition.id, length))) {
      this.check();
      signal.throwIfAborted();
      // Another condition may have enough left.
      transfer.condition = await this.#admit({ ...asked, bytes: length });
    }
    await pipeline(from, to.writeHead(from.statusCode ?? 200), { signal });
  }

  #meter(asked: BoxRequest, { id }: AccessCondition): Meter {
    const { store } = this.options.access;
    return new Meter(
      async (bytes) => {
        const condition = store.find(id);
        const slice = Math.min(Math.max(bytes, SLICE_BYTES), condition ? bytesLeft(condition) : 0);
        return slice >= bytes && (await store.take(id, slice)) ? slice : 0;
      },
      (bytes) => store.giveBack(id, bytes),
      () => this.#denied(asked, 'bytes'),
    );
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

/** @throws BoxProblem if it is too long */
async function readText(from: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMITS.BOX_LIST_BYTES)
      throw new BoxProblem(502, 'device-offline', 'the list of the document box is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
