import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { Config } from '../config/config';
import type { Settings } from '../config/config.module';

/**
 * Helmet's headers. `upgrade-insecure-requests` would break plain http, and Strict-Transport-Security makes a browser
 * refuse for a year what only a self-made certificate stands for.
 */
export function securityHeaders({ config, certificate }: Settings): RequestHandler {
  const { tls } = config.http;
  const sessions = sessionSources(config);
  return helmet({
    contentSecurityPolicy: {
      directives: {
        upgradeInsecureRequests: tls ? [] : null,
        frameAncestors: ["'none'"],
        connectSrc: ["'self'"],
        // the console shows devices' pages in frames, and lets a frame in with a form
        frameSrc: sessions.length > 0 ? sessions : ["'none'"],
        formAction: ["'self'", ...sessions],
      },
    },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: tls && !certificate.selfMade,
  });
}

/** The origins of devices' pages as a host-source (CSP 3, 2.3.1); none where there are none. */
function sessionSources({ http }: Config): string[] {
  if (http.sessionDomain === undefined) return [];
  const { protocol, port } = new URL(http.publicUrl ?? `${http.tls ? 'https' : 'http'}://localhost:${http.port}`);
  // a server on any free port does not know it yet
  const chosen = http.publicUrl === undefined && http.port === 0 ? ':*' : port && `:${port}`;
  return [`${protocol}//*.${http.sessionDomain}${chosen}`];
}
