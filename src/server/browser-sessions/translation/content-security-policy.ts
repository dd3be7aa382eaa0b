import { toSession, type Origins } from './device-urls';

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
  const { host } = new URL(origins.device);
  return token.toLowerCase() === host ? new URL(origins.session).host : toSession(token, origins);
}
