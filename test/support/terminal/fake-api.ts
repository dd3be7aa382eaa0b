import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parseJson } from '../../../src/protocol/parse-json';
import { PROBLEMS, type ProblemCode } from '../../../src/protocol/problems';

export interface FakeApiRequest {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly query: URLSearchParams;
  /** As JSON, or else as text. */
  readonly body: unknown;
}
export interface FakeApiAnswer {
  status?: number;
  headers?: Record<string, string | string[]>;
  /** Sent as JSON; a string as it is. */
  body?: unknown;
}
/** By method and path, as in `GET /api/devices`. */
export type FakeApiRoutes = Record<string, (request: FakeApiRequest) => FakeApiAnswer | Promise<FakeApiAnswer>>;

export interface FakeApi {
  readonly url: string;
  readonly requests: FakeApiRequest[];
  routes: FakeApiRoutes;
  stop(): Promise<void>;
}

/** A REST server that answers what the test says, over a real socket. */
export async function startFakeApi(routes: FakeApiRoutes, tls?: { cert: string; key: string }): Promise<FakeApi> {
  const requests: FakeApiRequest[] = [];
  const api = { routes, requests };
  const server: Server = tls ? createTlsServer(tls) : createServer();
  server.on('request', (request: IncomingMessage, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const url = new URL(request.url ?? '/', 'http://fake-api');
      const line = `${request.method} ${url.pathname}`;
      const text = Buffer.concat(chunks).toString();
      const body = parseJson(text) ?? (text || undefined);
      const asked = { line, headers: request.headers, query: url.searchParams, body };
      requests.push(asked);
      const answer = (await api.routes[line]?.(asked)) ?? problemAnswer('not-found');
      const content = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? '');
      response.writeHead(answer.status ?? 200, { 'Content-Type': 'application/json', ...answer.headers });
      response.end(answer.status === 204 ? undefined : content);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(api, {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  });
}

export function problemAnswer(code: ProblemCode, detail?: string): FakeApiAnswer {
  const { status, title, remedy } = PROBLEMS[code];
  const body = { type: `urn:platen:problem:${code}`, title, status, code, remedy, detail };
  return { status, headers: { 'Content-Type': 'application/problem+json' }, body };
}
