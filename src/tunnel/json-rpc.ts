import {
  createJSONRPCErrorResponse,
  createJSONRPCRequest,
  JSONRPCClient,
  JSONRPCErrorCode,
  JSONRPCServer,
  type JSONRPCID,
  type JSONRPCResponse,
} from 'json-rpc-2.0';
import type WebSocket from 'ws';
import { z } from 'zod';
import type { Journal } from '../journal/journal';
import { LIMITS } from '../protocol/limits';
import { parseJson } from '../protocol/parse-json';
import { watchHeartbeat } from './heartbeat';
import { RpcMalformedResult, RpcRefused, RpcTimeout, RpcUnavailable } from './json-rpc.errors';

export type RpcMethods = Record<string, { params: z.ZodType; result: z.ZodType }>;
/** One function per method. Params come validated; the result is validated before it is sent. */
export type RpcHandlers<M extends RpcMethods> = {
  [K in keyof M]: (params: z.infer<M[K]['params']>) => Promise<z.infer<M[K]['result']>>;
};

/** Requests that may be open at a time, each way. */
const OPEN_REQUESTS = 1_000;
/** A peer that lets this much pile up does not read. */
const QUEUED_BYTES = 16 * LIMITS.RELAY_RPC_BYTES;
/** Error codes of our own, in the range JSON-RPC 2.0 section 5.1 leaves to implementations. */
const TIMED_OUT = -32001;
/** What the library puts into the answers it makes up itself: not sent, or the connection closed. */
const LIBRARY_ERROR = 0;
const BUSY = -32003;

const id = z.union([z.string().max(64), z.int()]);
const requestFrame = z.object({
  jsonrpc: z.literal('2.0'),
  id,
  method: z.string().max(64),
  params: z.unknown().optional(),
});
const responseFrame = z.object({
  jsonrpc: z.literal('2.0'),
  id,
  result: z.unknown().optional(),
  error: z.object({ code: z.int(), message: z.string() }).optional(),
});
const frame = z.union([requestFrame, responseFrame]);

/**
 * JSON-RPC 2.0 both ways over one open WebSocket: text frames, one request or response each, no batches, no
 * notifications. Malformed input closes the WebSocket, malformed params are answered with an error; neither throws.
 * Half-open peers are found by pings. `closed` resolves when the WebSocket has closed; requests still open then are
 * rejected with RpcUnavailable.
 */
export class RpcPeer<Own extends RpcMethods, Other extends RpcMethods> {
  /** Never rejects. */
  readonly closed: Promise<void>;
  readonly #ws: WebSocket;
  readonly #client = new JSONRPCClient<void>((message) => this.#send(message));
  readonly #server = new JSONRPCServer({ errorListener: () => undefined }); // it would print to the console
  readonly #otherMethods: Other;
  readonly #journal: Journal;
  #lastId = 0;
  #asking = 0;
  #answering = 0;

  constructor(ws: WebSocket, ownMethods: Own, handlers: RpcHandlers<Own>, otherMethods: Other, journal: Journal) {
    this.#ws = ws;
    this.#otherMethods = otherMethods;
    this.#journal = journal;
    this.#server.mapErrorToJSONRPCErrorResponse = (requestId, error) => this.#errorResponse(requestId, error);
    for (const [name, method] of Object.entries(ownMethods))
      this.#server.addMethod(name, (params: unknown) => answer(name, method, handlers[name] as Handler, params));

    this.closed = new Promise((resolve) => ws.once('close', () => resolve()));
    void this.closed.then(() => this.#client.rejectAllPendingRequests('the connection closed before the answer came'));
    ws.on('error', (error) => journal.debug('the RPC connection failed', { detail: error.message }));
    ws.on('message', (data: Buffer, isBinary: boolean) => void this.#receive(data, isBinary));
    watchHeartbeat(ws, LIMITS.RELAY_PING_INTERVAL_MS, () => ws.terminate());
  }

  /** @throws RpcUnavailable, RpcTimeout (LIMITS.RELAY_RPC_TIMEOUT_MS), RpcRefused, RpcMalformedResult */
  async call<K extends keyof Other & string>(
    method: K,
    params: z.infer<Other[K]['params']>,
  ): Promise<z.infer<Other[K]['result']>> {
    if (this.#ws.readyState !== this.#ws.OPEN) throw new RpcUnavailable('the connection is closed');
    if (this.#asking >= OPEN_REQUESTS) throw new RpcUnavailable('too many requests are waiting for an answer');
    this.#asking++;
    try {
      const request = createJSONRPCRequest(++this.#lastId, method, params);
      const timeout = (requestId: JSONRPCID) => createJSONRPCErrorResponse(requestId, TIMED_OUT, 'no answer in time');
      const response = await this.#client.timeout(LIMITS.RELAY_RPC_TIMEOUT_MS, timeout).requestAdvanced(request);
      return this.#resultOf(method, response);
    } finally {
      this.#asking--;
    }
  }

  /** Closes in order, by force after LIMITS.RELAY_CLOSE_MS. */
  close(): void {
    this.#closeWith(1000, '');
  }

  #resultOf<K extends keyof Other & string>(method: K, response: JSONRPCResponse): z.infer<Other[K]['result']> {
    const { error } = response;
    if (error?.code === LIBRARY_ERROR) throw new RpcUnavailable(error.message);
    if (error?.code === TIMED_OUT) throw new RpcTimeout(`${method}: ${error.message}`);
    if (error) throw new RpcRefused(error.code, error.message);
    const result = this.#otherMethods[method]!.result.safeParse(response.result);
    if (!result.success) throw new RpcMalformedResult(`${method}: ${where(result.error)}`);
    return result.data as z.infer<Other[K]['result']>;
  }

  async #receive(data: Buffer, isBinary: boolean): Promise<void> {
    if (isBinary) return this.#closeWith(1003, 'text frames only');
    if (data.length > LIMITS.RELAY_RPC_BYTES) return this.#closeWith(1009, 'message too large');
    const parsed = frame.safeParse(parseJson(data.toString()));
    if (!parsed.success) return this.#closeWith(1007, 'not a JSON-RPC 2.0 request or response');
    const message = parsed.data;
    if (!('method' in message)) return this.#client.receive(message as JSONRPCResponse);
    if (this.#answering >= OPEN_REQUESTS)
      return this.#send(createJSONRPCErrorResponse(message.id, BUSY, 'too many requests at a time'));
    this.#answering++;
    const response = await this.#server.receive(message);
    this.#answering--;
    if (response) this.#send(response);
  }

  #errorResponse(requestId: JSONRPCID, error: unknown) {
    if (error instanceof RpcRefused) return createJSONRPCErrorResponse(requestId, error.rpcCode, error.message);
    const incident = this.#journal.unforeseen(error, 'answering an RPC request');
    return createJSONRPCErrorResponse(requestId, JSONRPCErrorCode.InternalError, `internal error ${incident}`);
  }

  #send(message: unknown): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    if (this.#ws.bufferedAmount > QUEUED_BYTES) return this.#ws.terminate();
    this.#ws.send(JSON.stringify(message));
  }

  #closeWith(code: number, reason: string): void {
    if (reason) this.#journal.warn('the RPC connection is closed', { code, reason });
    this.#ws.close(code, reason);
    const force = setTimeout(() => this.#ws.terminate(), LIMITS.RELAY_CLOSE_MS);
    void this.closed.then(() => clearTimeout(force));
  }
}

type Handler = (params: unknown) => Promise<unknown>;

async function answer(name: string, method: RpcMethods[string], handle: Handler, input: unknown): Promise<unknown> {
  const params = method.params.safeParse(input);
  if (!params.success) throw new RpcRefused(JSONRPCErrorCode.InvalidParams, `${name}: ${where(params.error)}`);
  return method.result.parse(await handle(params.data));
}

/** Which fields are wrong, never their values. */
const where = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'value'}: ${issue.code}`)
    .join(', ');
