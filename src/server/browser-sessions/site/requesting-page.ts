import type { IncomingMessage } from 'node:http';
import type { BrowserSession } from '../browser-session';

/**
 * Whether a page of another origin makes the browser send this request: the console, another session, or any other site.
 * Browsers say so (Fetch Metadata, `Sec-Fetch-Site`; older ones `Origin`), and pages cannot change it. All sessions are
 * one site, so that their SameSite cookies go along. The origins of one application may request from each other.
 */
export function isForeign({ headers }: IncomingMessage, { sites }: BrowserSession): boolean {
  const { origin, referer = '' } = headers;
  const site = headers['sec-fetch-site'];
  if (site === undefined) return origin !== undefined && !sites.includes(origin);
  if (site === 'same-origin' || site === 'none') return false;
  // another origin of the same application: pages cannot name a page of another session as theirs
  const named = origin ?? (URL.canParse(referer) ? new URL(referer).origin : '');
  return !sites.includes(named) || sites.length === 1;
}

/** A service worker would outlive the session under its origin: its script is not loaded (Service Workers, 5.2). */
export const isServiceWorker = ({ headers }: IncomingMessage): boolean =>
  headers['service-worker'] !== undefined || headers['sec-fetch-dest'] === 'serviceworker';
