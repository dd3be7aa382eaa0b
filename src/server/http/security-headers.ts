import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { Config } from '../config/config';
import type { Settings } from '../config/config.module';

/**
 * Helmet's headers, with these exceptions: `upgrade-insecure-requests` would break plain http, and
 * Strict-Transport-Security would make browsers refuse a self-made certificate for a year. The console
 * names its origin, but no path, to other sites: a session admits only what the console submits.
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
        // the console shows devices' pages in frames, and posts the entry ticket to a frame
        frameSrc: sessions.length > 0 ? sessions : ["'none'"],
        formAction: ["'self'", ...sessions],
      },
    },
    referrerPolicy: { policy: 'strict-origin' },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: tls && !certificate.selfSigned,
  });
}

/** The origins of devices' pages as a host-source (CSP 3, 2.3.1); empty without a session domain. */
function sessionSources({ http }: Config): string[] {
  if (http.sessionDomain === undefined) return [];
  const { protocol, port } = new URL(http.publicUrl ?? `${http.tls ? 'https' : 'http'}://localhost:${http.port}`);
  // a server on a random port does not know the port yet
  const chosen = http.publicUrl === undefined && http.port === 0 ? ':*' : port && `:${port}`;
  return [`${protocol}//*.${http.sessionDomain}${chosen}`];
}
