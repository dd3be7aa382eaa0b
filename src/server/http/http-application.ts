import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { LIMITS } from '../../protocol/limits';
import { limitConnections } from '../../tunnel/connection-limits';
import { admitOnlyProxies, proxyMatcher } from '../../tunnel/reverse-proxies';
import type { Settings } from '../config/config.module';
import { serveApiDocs } from './api-docs';
import { serveConsole } from './console-files';
import { watchForwardedHeaders } from './forwarded-headers';
import { GatewayAdapter } from './gateway.adapter';
import { HostRouter } from './host-router';
import { KnownHosts } from './known-hosts';
import { Metrics } from './metrics';
import { Readiness } from './readiness';
import { answerRefusedRequests } from './refused-requests';
import { requestLog } from './request-log';
import { securityHeaders } from './security-headers';

/**
 * Initialises a Nest application for HTTP: middleware in front of the routes, outermost first; then its modules and
 * gateways; then the router that separates the sessions' sites from the console, and the gate in front of both, which have
 * to see every listener.
 */
export async function initialiseHttp(app: NestExpressApplication, settings: Settings): Promise<void> {
  const { config, journal } = settings;
  const server = app.getHttpServer();
  server.requestTimeout = 0; // the bound is HostRouter's: an upload to a device takes its time
  server.headersTimeout = LIMITS.HTTP_HEADERS_MS;
  // read when the server starts to listen; Node's default would let slow headers take 30 s longer
  Object.assign(server, { connectionsCheckingInterval: LIMITS.HTTP_HEADERS_MS / 5 });
  limitConnections(server, {
    most: LIMITS.HTTP_CONNECTIONS,
    perNetwork: LIMITS.HTTP_CONNECTIONS_PER_ADDRESS,
    isExempt: proxyMatcher(config.http.proxies),
  });
  answerRefusedRequests(server);

  app.set('trust proxy', proxyMatcher(config.http.proxies));
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request: Request, response: Response, next: NextFunction) => {
    // answers are personal, and some contain secrets that are shown only once
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  app.use(requestLog(journal, app.get(Metrics)));
  app.use(securityHeaders(settings));
  app.useBodyParser('json', { limit: LIMITS.API_BODY_BYTES });
  // only the token endpoint accepts forms; it reads them itself, because it refuses repeated parameters
  app.useBodyParser('text', { type: 'application/x-www-form-urlencoded', limit: LIMITS.API_BODY_BYTES });
  serveApiDocs(app);
  serveConsole(app);
  app.useWebSocketAdapter(GatewayAdapter.of(app, journal));
  await app.init();
  app.get(HostRouter).attach(server, new KnownHosts(config));
  if (!config.http.tls) admitOnlyProxies(server, config.http.proxies, 'PLATEN_TRUST_PROXY', journal);
  watchForwardedHeaders(server, config.http, app.get(Readiness), journal);
}
