import { createServer, type Server } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import type { Journal } from '../../journal/journal';
import { builtFolder } from '../../static/built-page';
import type { Machine } from '../machine/machine';
import { MFP_LIMITS } from '../mfp-limits';
import { DeviceLogin, type LoginScheme } from './device-login';
import { sendPage, type Exchange } from './exchange';
import { html } from './html';
import { hasPage, layout, note } from './layout';
import { Logins } from './logins';
import { ROUTES } from './routes';
import { hostOf, refuseForeignOrigin } from './same-origin';
import { StatusSockets } from './status-sockets';
import { BadRequest, LoginRequired } from './web.errors';

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'Content-Security-Policy': "default-src 'self'; form-action 'self'; frame-ancestors 'self'",
};
const ERROR_TITLES: Readonly<Record<number, string>> = {
  400: 'Not understood',
  401: 'Login required',
  403: 'Not permitted',
  404: 'Not found',
  405: 'Not possible here',
  413: 'Too large',
  415: 'Not understood',
  500: 'Device error',
};

/**
 * The machine's embedded web server, not yet listening; `sockets` are to be closed with it.
 * @param login what programs log in with before a restart or an installation; undefined: a restart needs no login, and firmware is installed on the page only
 */
export function createWebServer(
  machine: Machine,
  login: LoginScheme | undefined,
  journal: Journal,
): { server: Server; sockets: StatusSockets } {
  const sockets = new StatusSockets(machine);
  const app = application(machine, login, journal);
  const server = createServer(
    {
      maxHeaderSize: MFP_LIMITS.HEADER_BYTES,
      headersTimeout: MFP_LIMITS.HEADERS_MS,
      requestTimeout: MFP_LIMITS.REQUEST_MS,
      keepAliveTimeout: MFP_LIMITS.KEEP_ALIVE_MS,
    },
    app,
  );
  server.maxConnections = MFP_LIMITS.CONNECTIONS;
  server.on('checkContinue', (request, response) => {
    // a refused firmware file is not to be sent
    if (request.method !== 'PUT' || request.url !== '/firmware') response.writeContinue();
    app(request, response);
  });
  server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  return { server, sockets };
}

function application(machine: Machine, login: LoginScheme | undefined, journal: Journal): Express {
  const logins = new Logins();
  const deviceLogin = login && new DeviceLogin(login, logins);
  const exchangeOf = (request: Request, response: Response): Exchange => {
    return { request, response, machine, logins, deviceLogin, administrator: logins.holds(request) };
  };
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('strict routing').enable('case sensitive routing');
  app.use((request, response, next) => {
    response.set(HEADERS);
    hostOf(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') refuseForeignOrigin(request);
    next();
  });
  app.use('/assets', express.static(builtFolder('mfp-web'), { index: false, redirect: false, maxAge: '5m' }));
  for (const [path, handlers] of Object.entries(ROUTES)) {
    if (!hasPage(machine.identity.kind, path)) continue;
    const route = app.route(path);
    const { get, post, put } = handlers;
    if (get) route.get((request, response) => get(exchangeOf(request, response)));
    if (post) route.post((request, response) => post(exchangeOf(request, response)));
    if (put) route.put((request, response) => put(exchangeOf(request, response)));
    route.all(({ method }) => {
      throw new BadRequest(`This page does not take ${method} requests.`, 405);
    });
  }
  app.use(() => {
    throw new BadRequest('There is no such page on this device.', 404);
  });
  // express recognises an error handler by its four parameters
  const answerError: ErrorRequestHandler = (error, request, response, _next) =>
    sendError(exchangeOf(request, response), error, journal);
  app.use(answerError);
  return app;
}

async function sendError(exchange: Exchange, error: unknown, journal: Journal): Promise<void> {
  const { request, response } = exchange;
  const refusal = error instanceof URIError ? new BadRequest('The address is not valid.') : error;
  const known = refusal instanceof BadRequest;
  // a client that disconnects during an answer is not an error of this device
  const gone = (request.destroyed && !request.complete) || response.destroyed;
  if (!known && !gone) journal.unexpected(error, `answering ${request.method} ${request.path}`);
  if (response.headersSent || gone) {
    response.destroy();
    return;
  }
  // the rest of a refused body is not read, so the connection ends with the answer
  if (!request.complete) response.set('Connection', 'close');
  if (refusal instanceof LoginRequired) response.set('WWW-Authenticate', refusal.challenge);
  const status = known ? refusal.status : 500;
  const body = html`${note('bad', known ? refusal.message : 'The device met an internal error.')}
    <p><a href="/status">To the status page</a></p>`;
  const page = layout(exchange, { title: ERROR_TITLES[status] ?? 'Error', body });
  await sendPage(exchange, page, status).catch(() => response.destroy());
}
