import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
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

/** For an answer of the server's own that a browser has to accept for a page of another site of this session. */
export function crossOriginFields({ headers }: IncomingMessage, { sites }: BrowserSession): OutgoingHttpHeaders {
  if (sites.length === 1 || !sites.includes(headers.origin ?? '')) return {};
  return { 'Access-Control-Allow-Origin': headers.origin, 'Access-Control-Allow-Credentials': 'true', Vary: 'Origin' };
}

/** A browser asks without a cookie whether a page of another site of this session may make a request (Fetch, CORS-preflight). */
export const isPreflight = ({ method, headers }: IncomingMessage, { sites }: BrowserSession): boolean =>
  method === 'OPTIONS' &&
  headers['access-control-request-method'] !== undefined &&
  sites.length > 1 &&
  sites.includes(headers.origin ?? '');

/** Seconds for which the browser need not ask again: the answer is always the same. */
const PREFLIGHT_SECONDS = 600;

/**
 * Permits everything, because nothing reaches the device without the session's cookie, and the request itself only if the
 * device permits it when it is asked then (`RelayedRequest`).
 */
export function answerPreflight(request: IncomingMessage, response: ServerResponse, session: BrowserSession): void {
  const { headers } = request;
  const names = headers['access-control-request-headers'];
  response.writeHead(204, {
    ...crossOriginFields(request, session),
    'Access-Control-Allow-Methods': headers['access-control-request-method'],
    ...(names !== undefined && { 'Access-Control-Allow-Headers': names }),
    'Access-Control-Max-Age': PREFLIGHT_SECONDS,
  });
  response.end();
}
