import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import createFetchClient, { type Client } from 'openapi-fetch';
import { isLoopback } from '../protocol/loopback';
import { problem } from '../protocol/problems';
import { outboundProxy, tlsDialler, type OutboundProxy } from '../tunnel/outbound-proxy';
import type { Trust } from '../tunnel/pinned-tls';
import { AccessTokens, type Credentials } from './access-tokens';
import type { paths } from './api.generated';
import { ApiProblem, ServerUnusable } from './client.errors';
import { PATIENCE, repeatedFetch, type Fetch, type Patience } from './repeated-fetch';

export interface ClientOptions extends Credentials, Partial<Patience> {
  /** `https://host[:port]`, or `http:` to loopback. */
  readonly server: string;
  /** The only key that the server may have, for a self-signed certificate: `platen server fingerprint`. */
  readonly pin?: string;
  /** PEM certificate of the private authority that signed the server's. */
  readonly authority?: string;
  /** Leads to the server; by default that of HTTPS_PROXY and NO_PROXY. See `outboundProxy`. */
  readonly outbound?: OutboundProxy;
}

/** Requests to the REST API, typed by its OpenAPI document: `api.GET('/api/devices/{id}', { params: { path: { id } } })`. */
export type Api = Client<paths>;

/**
 * The REST API for an external client. Requests carry an access token, which is renewed before it expires; a request that
 * is refused with 401 is sent once more with a new one. Retries and timeouts are those of `Patience`.
 * A request @throws TokenRefused, ServerUnusable; other refusals are its `error`, see `answerOf`
 */
export function createApi(options: ClientOptions): Api {
  const { server, clientId, secret, scopes, pin, authority, outbound = outboundProxy(process.env) } = options;
  const baseUrl = serverUrl(server);
  const isUsual = [pin, authority, outbound.server, outbound.interceptor].every((each) => each === undefined);
  const fetch = isUsual ? (request: Request) => globalThis.fetch(request) : dialledFetch({ pin, authority }, outbound);
  const patience = { ...PATIENCE, ...definedOf(options) };
  const tokens = new AccessTokens(baseUrl, { clientId, secret, scopes }, fetch, patience);
  const send = async (request: Request): Promise<Response> => {
    const token = await tokens.get();
    const answer = await repeatedFetch(fetch, withToken(request, token), patience);
    if (answer.status !== 401) return answer;
    tokens.drop(token);
    return repeatedFetch(fetch, withToken(request, await tokens.get()), patience);
  };
  return createFetchClient<paths>({ baseUrl, fetch: send });
}

/** The data of an answer. @throws ApiProblem, ServerUnusable */
export async function answerOf<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok) return data as T;
  const known = problem.safeParse(error);
  if (known.success) throw new ApiProblem(known.data);
  throw new ServerUnusable(`status ${response.status} without a problem`);
}

/** `fetch` from one server: Node's own accepts no settings of TLS or proxy. It returns redirects as they are. */
const dialledFetch =
  (trust: Trust, outbound: OutboundProxy): Fetch =>
  async (request) => {
    const url = new URL(request.url);
    const { method, signal } = request;
    const body = Buffer.from(await request.arrayBuffer());
    const headers = { ...Object.fromEntries(request.headers), 'Content-Length': body.length };
    const createConnection = tlsDialler(url, trust, outbound) as never;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = requestHttps(url, { method, headers, signal, createConnection }, resolve);
      sent.on('error', reject);
      sent.end(body);
    });
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 599) {
      answer.destroy();
      throw new ServerUnusable(`status ${status}`);
    }
    const fields = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    );
    const isEmpty = [204, 205, 304].includes(status);
    if (isEmpty) answer.resume();
    return new Response(isEmpty ? null : (Readable.toWeb(answer) as ReadableStream), { status, headers: fields });
  };

function withToken(request: Request, token: string): Request {
  const sent = request.clone();
  sent.headers.set('Authorization', `Bearer ${token}`);
  return sent;
}

/** The secret and the tokens leave this computer encrypted or not at all. */
function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))) return url.origin;
  throw new ServerUnusable('its address must start with https://');
}

const definedOf = ({ attempts, timeoutMs, longestWaitMs }: Partial<Patience>): Partial<Patience> =>
  Object.fromEntries(Object.entries({ attempts, timeoutMs, longestWaitMs }).filter(([, value]) => value !== undefined));
