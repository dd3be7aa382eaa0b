import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { LIMITS } from '../../protocol/limits';
import type { Settings } from '../config/config.module';
import { serveApiDocs } from './api-docs';
import { serveConsole } from './console-files';
import { HostRouter } from './host-router';
import { Metrics } from './metrics';
import { requestLog } from './request-log';
import { securityHeaders } from './security-headers';
import { UpgradeRouter } from './upgrade-router';

const HEADERS_MS = 15_000;

/** What has to stand in front of the routes, outermost first. */
export function prepareHttp(app: NestExpressApplication, settings: Settings): void {
  const { config, journal } = settings;
  const upgrades = app.get(UpgradeRouter);
  const server = app.getHttpServer();
  server.requestTimeout = 0; // the bound is HostRouter's: an upload to a device takes its time
  server.headersTimeout = HEADERS_MS;

  // a proxy has a private address; who comes from elsewhere cannot pretend to be somebody else
  app.set('trust proxy', config.http.trustProxy ? ['loopback', 'linklocal', 'uniquelocal'] : false);
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request: Request, response: Response, next: NextFunction) => {
    // answers are for the one who asked, and some hold what is shown only once
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  app.use(requestLog(journal, app.get(Metrics)));
  app.use(securityHeaders(settings));
  app.useBodyParser('json', { limit: LIMITS.API_BODY_BYTES });
  upgrades.attach(server);
  app.get(HostRouter).attach(server);
  serveApiDocs(app);
  serveConsole(app);
}
