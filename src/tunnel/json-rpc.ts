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
import { ProblemError } from '../protocol/problems';
import { RpcMalformedResult, RpcRefused, RpcTimeout, RpcUnavailable } from './json-rpc.errors';
import { WebSocketChannel, type RpcChannel } from './rpc-channel';

export type RpcMethods = Record<string, { params: z.ZodType; result: z.ZodType }>;
/** One function per method. Params are validated before the call, results before they are sent. */
export type RpcHandlers<M extends RpcMethods> = {
  [K in keyof M]: (params: z.infer<M[K]['params']>) => z.infer<M[K]['result']> | Promise<z.infer<M[K]['result']>>;
};

/** Default limit of open requests in each direction. */
const OPEN_REQUESTS = 1_000;
/** Own error codes, in the range that JSON-RPC 2.0 section 5.1 reserves for implementations. */
const TIMED_OUT = -32001;
/** The library's code when a request could not be sent or the connection closed. */
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
 * JSON-RPC 2.0 in both directions over one open channel or WebSocket: one request or response per message, no batches,
 * no notifications. Malformed input closes the channel; malformed params are answered with an error. When the channel
 * closes, `closed` resolves and open requests are rejected with RpcUnavailable.
 */
export class RpcPeer<Own extends RpcMethods, Other extends RpcMethods> {
  /** Never rejects. */
  readonly closed: Promise<void>;
  readonly #channel: RpcChannel;
  readonly #client = new JSONRPCClient<void>((message) => this.#channel.send(message as object));
  readonly #server = new JSONRPCServer({ errorListener: () => undefined }); // the default prints to the console
  readonly #otherMethods: Other;
  readonly #journal: Journal;
  readonly #openRequests: number;
  #lastId = 0;
  #sentRequests = 0;
  #receivedRequests = 0;

  constructor(
    over: RpcChannel | WebSocket,
    ownMethods: Own,
    handlers: RpcHandlers<Own>,
    otherMethods: Other,
    journal: Journal,
    { openRequests = OPEN_REQUESTS } = {},
  ) {
    this.#channel = 'readyState' in over ? new WebSocketChannel(over, journal) : over;
    this.#otherMethods = otherMethods;
    this.#journal = journal;
    this.#openRequests = openRequests;
    this.#server.mapErrorToJSONRPCErrorResponse = (requestId, error) => this.#errorResponse(requestId, error);
    for (const [name, method] of Object.entries(ownMethods))
      this.#server.addMethod(name, (params: unknown) => answer(name, method, handlers[name] as Handler, params));

    this.closed = this.#channel.closed;
    void this.closed.then(() => this.#client.rejectAllPendingRequests('the connection closed before the answer came'));
    this.#channel.onMessage((message) => void this.#receive(message));
  }

  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  /** @throws RpcUnavailable, RpcTimeout, RpcRefused, RpcMalformedResult */
  async call<K extends keyof Other & string>(
    method: K,
    params: z.infer<Other[K]['params']>,
    timeoutMs: number = LIMITS.RELAY_RPC_TIMEOUT_MS,
  ): Promise<z.infer<Other[K]['result']>> {
    if (!this.isOpen) throw new RpcUnavailable('the connection is closed');
    if (this.#sentRequests >= this.#openRequests)
      throw new RpcUnavailable('too many requests are waiting for an answer');
    this.#sentRequests++;
    try {
      const request = createJSONRPCRequest(++this.#lastId, method, params);
      const timeout = (requestId: JSONRPCID) => createJSONRPCErrorResponse(requestId, TIMED_OUT, 'no answer in time');
      const response = await this.#client.timeout(timeoutMs, timeout).requestAdvanced(request);
      return this.#resultOf(method, response);
    } finally {
      this.#sentRequests--;
    }
  }

  close(): void {
    this.#channel.close(1000, '');
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

  async #receive(input: unknown): Promise<void> {
    const parsed = frame.safeParse(input);
    if (!parsed.success) return this.#channel.close(1007, 'not a JSON-RPC 2.0 request or response');
    const message = parsed.data;
    if (!('method' in message)) return this.#client.receive(message as JSONRPCResponse);
    if (this.#receivedRequests >= this.#openRequests)
      return this.#channel.send(createJSONRPCErrorResponse(message.id, BUSY, 'too many requests at a time'));
    this.#receivedRequests++;
    const response = await this.#server.receive(message);
    this.#receivedRequests--;
    if (response) this.#channel.send(response);
  }

  #errorResponse(requestId: JSONRPCID, error: unknown) {
    if (error instanceof RpcRefused) return createJSONRPCErrorResponse(requestId, error.rpcCode, error.message);
    if (error instanceof ProblemError)
      return createJSONRPCErrorResponse(requestId, JSONRPCErrorCode.InternalError, `${error.code}: ${error.detail}`);
    const incident = this.#journal.unexpected(error, 'answering an RPC request');
    return createJSONRPCErrorResponse(requestId, JSONRPCErrorCode.InternalError, `internal error ${incident}`);
  }
}

type Handler = (params: unknown) => unknown;

async function answer(name: string, method: RpcMethods[string], handle: Handler, input: unknown): Promise<unknown> {
  const params = method.params.safeParse(input);
  if (!params.success) throw new RpcRefused(JSONRPCErrorCode.InvalidParams, `${name}: ${where(params.error)}`);
  return method.result.parse(await handle(params.data));
}

/** Names the invalid fields, never their values. */
const where = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'value'}: ${issue.code}`)
    .join(', ');
