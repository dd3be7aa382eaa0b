import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { MFP_LIMITS } from '../mfp-limits';
import { builtPage, type StaticFile } from '../../static/built-page';
import { Display } from './display';
import type { Displays } from './displays';
import { isLoopback } from '../../protocol/loopback';
import type { PanelInput, Place, Role } from '../../protocol/simulated-mfp';
import { hostOf, refuseForeignOrigin } from '../web/same-origin';

const CONTENT_SECURITY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";
const HEADERS = {
  'Content-Security-Policy': `${CONTENT_SECURITY}; frame-ancestors 'self'`,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/** One port for displays. */
export interface PanelPort {
  readonly role: Role;
  /**
   * `device`: the port is the glass of the device itself, so it listens on loopback only and is never an application of
   * the agent. Host names other than those of loopback are refused (DNS rebinding), and so are frames.
   */
  readonly place: Place;
  readonly onInput: (display: number, input: PanelInput) => void;
}

/** Serves the display on one port: the page at `/`, the pictures at `/ws/panel`. */
export class PanelServer {
  private readonly files: ReadonlyMap<string, StaticFile> = builtPage('display');
  private readonly server: Server = createServer({
    maxHeaderSize: MFP_LIMITS.HEADER_BYTES,
    headersTimeout: MFP_LIMITS.HEADERS_MS,
    requestTimeout: MFP_LIMITS.HEADERS_MS,
    keepAliveTimeout: MFP_LIMITS.KEEP_ALIVE_MS,
  });
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MFP_LIMITS.PANEL_MESSAGE_BYTES,
    perMessageDeflate: false,
  });

  constructor(
    private readonly displays: Displays,
    private readonly port: PanelPort,
  ) {
    this.server.maxConnections = MFP_LIMITS.CONNECTIONS;
    this.server.on('request', (request, response) => this.answer(request, response));
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
  }

  /** Resolves with the port; rejects with Node's error if it is not available. */
  async listen(host: string, port: number): Promise<number> {
    await once(this.server.listen(port, host), 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (this.port.place === 'device') {
      response.setHeader('Content-Security-Policy', `${CONTENT_SECURITY}; frame-ancestors 'none'`);
      response.setHeader('X-Frame-Options', 'DENY');
      if (!this.isOwnName(request)) return sendText(response, 421, 'The display has another address.');
    }
    const path = targetOf(request)?.pathname ?? '';
    const file = this.files.get(path === '/' ? 'index.html' : path.slice(1));
    if (!file) return sendText(response, 404, 'There is no such page on this display.');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return sendText(response, 405, 'This page takes GET requests only.');
    response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': file.body.length }).end(file.body);
  }

  private isOwnName({ headers }: IncomingMessage): boolean {
    return isLoopback((headers.host ?? '').replace(/:\d+$/, '').toLowerCase());
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { role, place, onInput } = this.port;
    const url = targetOf(request);
    if (url?.pathname !== '/ws/panel') return refuse(socket, '404 Not Found');
    if (this.displays.isFull(place)) return refuse(socket, '503 Service Unavailable');
    try {
      hostOf(request);
      refuseForeignOrigin(request);
      if (place === 'device' && !this.isOwnName(request)) return refuse(socket, '421 Misdirected Request');
    } catch {
      return refuse(socket, '403 Forbidden');
    }
    this.sockets.handleUpgrade(request, socket, head, (client) => {
      const display: Display = this.displays.add(
        (id) =>
          new Display(client, {
            id,
            role,
            place,
            onInput: (input) => onInput(id, input),
            onClose: () => this.displays.remove(display),
          }),
      );
    });
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' }).end(`${text}\n`);
}

/** The path and query of a request target. */
function targetOf({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://device') ? new URL(url, 'http://device') : undefined;
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
