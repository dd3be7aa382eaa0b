import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Journal } from '../../journal/journal';
import { refuseForeignOrigin } from './administrator';
import { BadRequest, type Exchange } from './exchange';
import { Logins } from '../logins';
import { StatusSockets } from './status-sockets';
import type { Machine } from '../machine/machine';
import { MFP_LIMITS } from '../mfp-limits';
import { errorPage } from '../pages/error.page';
import { findRoute } from '../router';
import { ROUTES } from './routes';
import { hostOf } from '../answer';

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'Content-Security-Policy': "default-src 'self'; form-action 'self'; frame-ancestors 'self'",
};

/** The machine's embedded web server, not yet listening; `sockets` are to be closed with it. */
export function createWebServer(machine: Machine, journal: Journal): { server: Server; sockets: StatusSockets } {
  const logins = new Logins();
  const sockets = new StatusSockets(machine);
  const server = createServer({
    maxHeaderSize: MFP_LIMITS.HEADER_BYTES,
    headersTimeout: MFP_LIMITS.HEADERS_MS,
    requestTimeout: MFP_LIMITS.REQUEST_MS,
    keepAliveTimeout: MFP_LIMITS.KEEP_ALIVE_MS,
  });
  server.maxConnections = MFP_LIMITS.CONNECTIONS;
  server.on('request', (request, response) => void handle(request, response, machine, logins, journal));
  server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  return { server, sockets };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  machine: Machine,
  logins: Logins,
  journal: Journal,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const administrator = logins.holds(request.headers.cookie);
  // Only path and query count; a target in absolute form (RFC 9112 3.2.2) keeps its own.
  const asked = request.url ?? '/';
  const target = new URL(URL.canParse(asked, 'http://device') ? asked : '/', 'http://device');
  const exchange: Exchange = { request, response, url: target, params: {}, machine, logins, administrator };
  try {
    hostOf(exchange);
    const method = request.method ?? 'GET';
    if (method !== 'GET' && method !== 'HEAD') refuseForeignOrigin(request);
    const { handler, params } = findRoute(ROUTES, method, target.pathname);
    await handler({ ...exchange, params });
  } catch (error) {
    await answerError(exchange, error, journal);
  }
}

async function answerError(exchange: Exchange, error: unknown, journal: Journal): Promise<void> {
  const { request, response } = exchange;
  const known = error instanceof BadRequest;
  // A client that went away in the middle of an answer is no error of ours.
  const gone = (request.destroyed && !request.complete) || response.destroyed;
  if (!known && !gone) journal.unexpected(error, `answering ${request.method} ${exchange.url.pathname}`);
  if (response.headersSent || gone) {
    response.destroy();
    return;
  }
  // What is left of a body that was refused is not read: the connection ends with the answer.
  if (!request.complete) response.setHeader('Connection', 'close');
  const message = known ? error.message : 'The device met an internal error.';
  await errorPage(exchange, known ? error.status : 500, message).catch(() => response.destroy());
}
