import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { Settings } from '../config/config.module';

/**
 * Helmet's headers. `upgrade-insecure-requests` would break plain http, and Strict-Transport-Security makes a browser
 * refuse for a year what only a self-made certificate stands for.
 */
export function securityHeaders({ config, certificate }: Settings): RequestHandler {
  const { tls } = config.http;
  return helmet({
    contentSecurityPolicy: {
      directives: { upgradeInsecureRequests: tls ? [] : null, frameAncestors: ["'none'"] },
    },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: tls && !certificate.selfMade,
  });
}
