import { createServer, type Server } from 'node:http';
import express, { Router, type ErrorRequestHandler, type Response } from 'express';
import type { Journal } from '../../journal/journal';
import { MFP_LIMITS } from '../mfp-limits';
import { bodyOf } from '../web/request-body';
import { hostOf, refuseForeignOrigin } from '../web/same-origin';
import { BadRequest } from '../web/web.errors';
import type { Boxes } from './boxes';
import { BoxRefusal, NoSuchDocument } from './boxes.errors';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  500: 'Internal Server Error',
};
const TYPES: Readonly<Record<string, string>> = { pdf: 'application/pdf', txt: 'text/plain; charset=utf-8' };
/** A document comes from outside: it must not run as a page of this device. */
const DOCUMENT_HEADERS = {
  'Content-Security-Policy': 'sandbox',
  'Content-Disposition': 'attachment',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * The document boxes over HTTP at `/boxes`, for programs; not yet listening. PROTOCOL.md, *Document box*, describes it.
 * Errors are `application/problem+json` (RFC 9457) with title, status and detail. It has a port of its own: approved
 * access to the web pages must not lead to documents, which access conditions protect.
 */
export function createBoxServer(boxes: Boxes, journal: Journal): Server {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('strict routing').enable('case sensitive routing');
  app.use((request, _response, next) => {
    hostOf(request);
    refuseForeignOrigin(request);
    next();
  });
  app.use('/boxes', boxRoutes(boxes));
  app.use((_request, response) => sendProblem(response, 404, 'The document boxes are at /boxes.'));
  app.use(boxProblems(journal));
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
  return server;
}

function boxRoutes(boxes: Boxes): Router {
  const router = Router({ strict: true, caseSensitive: true });
  router.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  router
    .route('/')
    .get((_request, response) => void response.json({ boxes: boxes.names }))
    .all(refuseMethod('GET'));
  router
    .route('/:box')
    .get((request, response) => void response.json({ documents: boxes.list(request.params.box) }))
    .all(refuseMethod('GET'));
  router
    .route('/:box/:document')
    .get((request, response) => {
      const { box, document } = request.params;
      const found = boxes.get(box, document);
      if (!found) throw new NoSuchDocument();
      response.set({
        ...DOCUMENT_HEADERS,
        'Content-Type': TYPES[document.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
        'Content-Length': String(found.content.length),
        'Last-Modified': new Date(found.modifiedAt).toUTCString(),
      });
      response.end(request.method === 'HEAD' ? undefined : found.content);
    })
    .put(async (request, response) => {
      const { box, document } = request.params;
      const done = await boxes.put(box, document, bodyOf(request));
      response.status(done === 'created' ? 201 : 204).end();
    })
    .delete(async (request, response) => {
      const { box, document } = request.params;
      if (!(await boxes.delete(box, document))) throw new NoSuchDocument();
      response.status(204).end();
    })
    .all(refuseMethod('GET, PUT, DELETE'));
  router.use((_request, response) => sendProblem(response, 404, 'The address is not that of a box or document.'));
  return router;
}

const boxProblems =
  (journal: Journal): ErrorRequestHandler =>
  // express recognises an error handler by its four parameters
  (error, request, response, _next) => {
    const gone = (request.destroyed && !request.complete) || response.destroyed;
    if (response.headersSent || gone) return void response.destroy();
    if (!request.complete) response.set('Connection', 'close');
    if (error instanceof BoxRefusal || error instanceof BadRequest)
      return sendProblem(response, error.status, error.message);
    if (error instanceof URIError) return sendProblem(response, 400, 'The address is not valid.');
    journal.unexpected(error, `answering ${request.method} ${request.originalUrl.slice(0, 200)}`);
    sendProblem(response, 500, 'The device met an internal error.');
  };

const refuseMethod =
  (allowed: string) =>
  (_request: unknown, response: Response): void => {
    response.set('Allow', allowed);
    sendProblem(response, 405, `Use ${allowed}.`);
  };

function sendProblem(response: Response, status: number, detail: string): void {
  const body = JSON.stringify({ title: TITLES[status] ?? 'Error', status, detail });
  response.status(status).set('Content-Type', 'application/problem+json').end(body);
}
