import { namesIn, toSession, type Origins } from './device-urls';

/** Directives that would block a page which the session serves over plain http. */
const NEEDS_HTTPS = ['upgrade-insecure-requests', 'block-all-mixed-content'];

/**
 * A device's Content-Security-Policy (CSP 3) under its session's origin: the device's origin gets its new name, and only
 * the console may show the page in a frame. Everything else stays as strict as the device set it.
 */
export function sessionPolicy(header: string, origins: Origins, frameAncestors: string): string {
  const losesTls = origins.device.startsWith('https:') && origins.session.startsWith('http:');
  const policies = header.split(',').map((policy) => {
    const directives = policy
      .split(';')
      .map((directive) => directive.trim())
      .filter((directive) => directive !== '' && !/^frame-ancestors(\s|$)/i.test(directive))
      .filter((directive) => !losesTls || !NEEDS_HTTPS.includes(directive.toLowerCase()))
      .map((directive) =>
        directive
          .split(/\s+/)
          .map((token) => sessionToken(token, origins))
          .join(' '),
      );
    return [...directives, frameAncestors].join('; ');
  });
  return policies.join(', ');
}

function sessionToken(token: string, origins: Origins): string {
  const ofHost = namesIn(origins).filter(({ device }) => new URL(device).host === token.toLowerCase());
  if (ofHost.length > 0) return ofHost.map(({ session }) => new URL(session).host).join(' ');
  return toSession(token, origins);
}

/**
 * Added to the policy of every page: what its scripts and styles load, embed or submit stays in the session. Addresses that
 * they put together themselves cannot be translated, and would lead to the technician's own network.
 */
export function stayingPolicy(origins: Origins): string {
  const sites = namesIn(origins).map(({ session }) => session);
  const sockets = sites.map((site) => site.replace(/^http/, 'ws'));
  const own = ["'self'", ...sites, ...sockets].join(' ');
  const inline = "data: blob: about: mediastream: filesystem: 'unsafe-inline' 'unsafe-eval'";
  return `default-src ${own} ${inline}; form-action ${own}`;
}
