import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { parseJson } from '../../protocol/parse-json';
import { builtPage, type StaticFile } from '../../static/built-page';
import { EventStream } from './event-stream';
import { PageProblem, readBody, sendError, sendFile, sendJson, sendProblem, setPageHeaders } from './page-http';
import { panelActionAt, perform, type PanelActions } from './panel-actions';
import { allowedHosts, DEFAULT_PORT, refusalOf } from './request-guard';

const REQUEST_MS = 10_000;
/** Open pages of one address. */
const PAGES_PER_ADDRESS = 8;

/** What commands on this computer manage through the local page. */
export interface Administrator {
  /** Where `administration` is read; its actions are below. */
  readonly path: string;
  readonly administration: object;
  /** undefined: no such action. The action throws a ZodError, a ProblemError or a PageProblem. */
  actionAt(path: string): ((body: unknown) => object | void | Promise<void>) | undefined;
}

/** The web server of the local page, where people approve, watch and end remote sessions. */
export class PanelServer {
  readonly #events = new EventStream(() => this.actions.view(), PAGES_PER_ADDRESS);
  readonly #server: Server;
  readonly #files: ReadonlyMap<string, StaticFile> = new Map([...builtPage('approval'), ...builtPage('approvers')]);
  #hosts: ReadonlySet<string> = new Set();

  constructor(
    private readonly actions: PanelActions,
    private readonly administrators: readonly Administrator[],
    private readonly journal: Journal,
  ) {
    const timeouts = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, connectionsCheckingInterval: 1_000 };
    this.#server = createServer(timeouts, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        const incident = journal.unexpected(error, 'answering the panel');
        if (response.headersSent) response.destroy();
        else sendProblem(response, { status: 500, code: 'internal-error', detail: `incident ${incident}` });
      });
    });
    this.#server.maxConnections = LIMITS.LOCAL_PAGE_CONNECTIONS;
  }

  /** Rejects if the port is not available. Port 0: any free port. */
  async listen(host: string, port: number): Promise<{ host: string; port: number }> {
    if (this.#files.size === 0) throw new Error('the approval screen has not been built: npm run build');
    await once(this.#server.listen(port, host), 'listening');
    const listening = { host, port: (this.#server.address() as AddressInfo).port };
    this.#hosts = allowedHosts([host], listening.port, DEFAULT_PORT.http);
    this.journal.info('panel listening', listening);
    return listening;
  }

  /** Sends the current state to every open page. */
  changed(): void {
    this.#events.changed();
  }

  async close(): Promise<void> {
    this.#events.close();
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setPageHeaders(response);
    try {
      const refusal = refusalOf(request, this.#hosts, 'http');
      if (refusal) throw new PageProblem(refusal.status, 'refused', refusal.detail);
      const path = request.url?.split('?')[0] ?? '';
      if (request.method === 'POST') await this.#act(path, request, response);
      else this.#show(path, response);
    } catch (error) {
      sendError(response, error);
    }
  }

  #show(path: string, response: ServerResponse): void {
    if (path === '/events') {
      if (this.#events.add(response, response.req.socket.remoteAddress ?? '')) return;
      throw new PageProblem(503, 'overloaded', 'too many pages are open');
    }
    const administrator = this.administrators.find((each) => each.path === path);
    if (administrator) return sendJson(response, administrator.administration);
    const file = this.#files.get(path === '/' ? 'index.html' : path.slice(1));
    if (!file) throw new PageProblem(404, 'not-found', 'no such page');
    sendFile(response, file);
  }

  async #act(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const manage = this.administrators.map((each) => each.actionAt(path)).find(Boolean);
    const actionOf = panelActionAt(path);
    if (!manage && !actionOf) throw new PageProblem(404, 'not-found', 'no such action');
    const body = parseJson(await readBody(request));
    const answer = await manage?.(body);
    if (actionOf) await perform(actionOf(body), { where: 'local-page' }, this.actions);
    if (answer) sendJson(response, answer);
    else response.writeHead(204).end();
  }
}
