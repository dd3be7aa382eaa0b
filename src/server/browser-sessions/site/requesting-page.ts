import type { IncomingMessage } from 'node:http';
import type { BrowserSession } from '../browser-session';

/**
 * Whether a page of another origin makes the browser send this request: the console, another session, or any other site.
 * Browsers say so (Fetch Metadata, `Sec-Fetch-Site`; older ones `Origin`), and pages cannot change it. All sessions are
 * one site, so that their SameSite cookies go along.
 */
export function isForeign({ headers }: IncomingMessage, { facts }: BrowserSession): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined) return headers.origin !== undefined && headers.origin !== facts.origin;
  return site !== 'same-origin' && site !== 'none';
}

/** A service worker would outlive the session under its origin: its script is not loaded (Service Workers, 5.2). */
export const isServiceWorker = ({ headers }: IncomingMessage): boolean =>
  headers['service-worker'] !== undefined || headers['sec-fetch-dest'] === 'serviceworker';
