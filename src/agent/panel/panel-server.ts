import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { decisionBody, endBody, type PanelView } from '../../protocol/approval-screen';
import { parseJson } from '../../protocol/parse-json';
import { ProblemError } from '../../protocol/problems';
import { builtPage, type StaticFile } from '../../static/built-page';
import type { Decision } from '../sessions/agent-session';
import { EventStream } from './event-stream';
import { allowedHosts, refusalOf } from './request-guard';

const BODY_BYTES = 1024;
const REQUEST_MS = 10_000;

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};
const ACTION = /^\/(approvals|sessions)\/([0-9a-f-]{36})(\/end)?$/;

export interface PanelActions {
  view(): PanelView;
  /** @throws ProblemError */
  decide(remoteSessionId: string, answer: Decision): void;
  /** @throws ProblemError */
  end(remoteSessionId: string): void;
}

/** The web server of the approval screen, where people approve, watch and end remote sessions. */
export class PanelServer {
  readonly #events = new EventStream();
  readonly #server: Server;
  readonly #files: ReadonlyMap<string, StaticFile> = builtPage('approval');
  #hosts: ReadonlySet<string> = new Set();

  constructor(
    private readonly actions: PanelActions,
    private readonly journal: Journal,
  ) {
    this.#server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        const incident = journal.unexpected(error, 'answering the panel');
        if (response.headersSent) response.destroy();
        else sendProblem(response, 500, 'internal-error', `incident ${incident}`);
      });
    });
  }

  /** Rejects if the port is not available. Port 0: any free port. */
  async listen(host: string, port: number): Promise<{ host: string; port: number }> {
    if (this.#files.size === 0) throw new Error('the approval screen has not been built: npm run build');
    await once(this.#server.listen(port, host), 'listening');
    const listening = { host, port: (this.#server.address() as AddressInfo).port };
    this.#hosts = allowedHosts(host, listening.port);
    this.journal.info('panel listening', listening);
    return listening;
  }

  /** Sends the current state to every open page. */
  changed(): void {
    this.#events.send(this.actions.view());
  }

  async close(): Promise<void> {
    this.#events.close();
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const refusal = refusalOf(request, this.#hosts);
    if (refusal) return sendProblem(response, refusal.status, 'refused', refusal.detail);
    const path = request.url?.split('?')[0] ?? '';
    if (request.method === 'POST') return this.#act(path, request, response);
    if (path === '/events') {
      const room = this.#events.add(response, this.actions.view());
      return room ? undefined : sendProblem(response, 503, 'overloaded', 'too many pages are open');
    }
    const file = this.#files.get(path === '/' ? 'index.html' : path.slice(1));
    if (!file) return sendProblem(response, 404, 'not-found', 'no such page');
    response.writeHead(200, { 'content-type': file.type, 'content-length': file.body.length }).end(file.body);
  }

  async #act(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, kind, id, end] = ACTION.exec(path) ?? [];
    const isEnd = kind === 'sessions' && end !== undefined;
    const isApproval = kind === 'approvals' && end === undefined;
    if (id === undefined || !(isEnd || isApproval)) return sendProblem(response, 404, 'not-found', 'no such action');
    const text = await readBody(request);
    if (text === undefined)
      return sendProblem(response, 413, 'too-large', `the body has more than ${BODY_BYTES} bytes`);
    try {
      if (isEnd) {
        endBody.parse(parseJson(text));
        this.actions.end(id);
      } else this.actions.decide(id, { ...decisionBody.parse(parseJson(text)), answeredBy: { where: 'local-page' } });
      response.writeHead(204).end();
    } catch (error) {
      if (error instanceof ProblemError)
        return sendProblem(response, error.toProblem().status, error.code, error.detail);
      if (error instanceof z.ZodError)
        return sendProblem(response, 400, 'invalid-request', 'the body is not valid for this action');
      throw error;
    }
  }
}

/** undefined if the body is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** RFC 9457. */
function sendProblem(response: ServerResponse, status: number, code: string, detail: string): void {
  const body = JSON.stringify({ type: `urn:platen:problem:${code}`, status, code, detail });
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' }).end(body);
}
