import { performance } from 'node:perf_hooks';
import type { RequestHandler } from 'express';
import type { Journal } from '../../journal/journal';
import type { Metrics } from './metrics';

/** Logs one line per answer at level debug, and observes its duration. The query is omitted: it may contain secrets. */
export function requestLog(journal: Journal, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const milliseconds = performance.now() - startedAt;
      const status = response.writableFinished ? response.statusCode : 'aborted';
      metrics.requestSeconds.observe({ method: request.method, status }, milliseconds / 1000);
      const [path] = request.originalUrl.split('?');
      const answer = response.writableFinished ? { status: response.statusCode } : { outcome: 'aborted' };
      journal.debug('request', { method: request.method, path, ...answer, durationMs: Math.round(milliseconds) });
    });
    next();
  };
}
