import type { RequestHandler } from 'express';
import { wallClockMs } from '../../journal/wall-clock';
import { ProblemError } from '../../protocol/problems';
import type { DeviceTransport } from '../xmpp/device-transport';
import { isTraceable, newSpanId, newTraceId, traceOf, type Span } from './span';

type Add = (span: Span) => void;

/** They are asked every few seconds, and say nothing about what users do. */
const PROBES = /^\/(healthz|readyz|metrics)\b/;

/**
 * A trace for each HTTP request to console and API, named by its route. Its path is left out: it has IDs, and its query may have
 * secrets. What a peer says of a trace of its own is not believed.
 */
export const requestSpans =
  (add: Add): RequestHandler =>
  (request, response, next) => {
    if (PROBES.test(request.path)) return next();
    const start = wallClockMs();
    response.once('close', () => {
      const { path } = (request.route ?? {}) as { path?: unknown };
      const route = typeof path === 'string' ? path : undefined;
      const { method } = request;
      const status = response.writableFinished ? response.statusCode : undefined;
      add({
        ...{ traceId: newTraceId(), spanId: newSpanId(), kind: 'server', start, end: wallClockMs() },
        name: route === undefined ? method : `${method} ${route}`,
        attributes: {
          'http.request.method': method,
          'http.route': route,
          'http.response.status_code': status,
          'error.type': status === undefined ? 'aborted' : status >= 500 ? String(status) : undefined,
        },
        failed: status === undefined || status >= 500,
      });
    });
    next();
  };

/**
 * A span for each request over the control channel, in both directions: part of the trace of the session or job that the request
 * names, otherwise a trace of its own.
 */
export function traceChannel(transport: DeviceTransport, add: Add): void {
  const request = transport.request.bind(transport);
  const command = transport.command.bind(transport);
  const handle = transport.handle.bind(transport);
  transport.request = (agentId, exchange, body, options) =>
    during({ name: exchange.name, kind: 'client', agentId, subject: subjectOf(body) }, add, () =>
      request(agentId, exchange, body, options),
    );
  transport.command = (agentId, asked, options) =>
    during({ name: `job ${asked.action}`, kind: 'client', agentId, subject: asked }, add, () =>
      command(agentId, asked, options),
    );
  transport.handle = (exchange, handler) =>
    handle(exchange, (agentId, body) =>
      during({ name: exchange.name, kind: 'server', agentId, subject: subjectOf(body) }, add, () =>
        handler(agentId, body),
      ),
    );
}

interface Traced {
  readonly name: string;
  readonly kind: 'client' | 'server';
  readonly agentId: string;
  readonly subject: Subject;
}

async function during<T>({ name, kind, agentId, subject }: Traced, add: Add, work: () => Promise<T>): Promise<T> {
  const start = wallClockMs();
  const done = (error?: unknown): void => {
    const id = [subject.remoteSessionId, subject.jobId].find(isTraceable);
    const { traceId, rootId } = id === undefined ? { traceId: newTraceId(), rootId: undefined } : traceOf(id);
    const idName = id === subject.remoteSessionId ? 'platen.session.id' : 'platen.job.id';
    add({
      ...{ traceId, spanId: newSpanId(), parentId: rootId, name, kind, start, end: wallClockMs() },
      attributes: {
        ...(id !== undefined && { [idName]: id }),
        'platen.agent.id': agentId,
        'error.type': error === undefined ? undefined : typeOf(error),
      },
      failed: error !== undefined,
    });
  };
  try {
    const result = await work();
    done();
    return result;
  } catch (error) {
    done(error);
    throw error;
  }
}

const typeOf = (error: unknown): string =>
  error instanceof ProblemError ? error.code : error instanceof Error ? error.constructor.name : 'unknown';

interface Subject {
  readonly remoteSessionId?: unknown;
  readonly jobId?: unknown;
}
const subjectOf = (body: unknown): Subject => body ?? {};
