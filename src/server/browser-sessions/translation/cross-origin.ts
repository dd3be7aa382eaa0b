import type { IncomingMessage } from 'node:http';
import { namesIn, type Origins } from './device-urls';
import { OF_PROXIES, OMITTED } from './request-headers';

/** A request that a page of another site of the session makes (CORS, Fetch 3.3): of another origin of the device. */
export interface Crossing {
  /** The other site, as the browser names it. */
  readonly from: string;
  /** Whether the page wants credentials to go along. The session's cookie always does. */
  readonly withCredentials: boolean;
}

export function crossingOf({ headers }: IncomingMessage, origins: Origins): Crossing | undefined {
  const { origin } = headers;
  if (origin === undefined || !(origins.others ?? []).some(({ session }) => session === origin)) return undefined;
  return { from: origin, withCredentials: headers[OMITTED] === undefined };
}

/** What a request needs the device's permission for (Fetch, "CORS-preflight fetch"). */
export interface Preflight {
  readonly method: string;
  readonly names: readonly string[];
}

/** Methods and types of content that pages could always send to other origins (Fetch 2.2.1, 2.2.2). */
const SAFE_METHODS = ['GET', 'HEAD', 'POST'];
const SAFE_TYPE = /^\s*(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\s*(;|$)/i;
/** Fields that pages could always send, or that browsers set (Fetch 2.2.2, and caching). All others are a page's own. */
const OF_BROWSERS = new Set(
  (
    'accept accept-charset accept-encoding accept-language access-control-request-headers access-control-request-method ' +
    'cache-control connection content-language content-length cookie date dnt expect host if-modified-since if-none-match ' +
    'if-range keep-alive last-event-id origin pragma priority purpose range referer save-data te trailer transfer-encoding upgrade ' +
    `device-memory downlink dpr ect rtt viewport-width width upgrade-insecure-requests user-agent via ${OMITTED}`
  ).split(' '),
);
const isOfBrowser = (name: string): boolean => OF_BROWSERS.has(name) || /^(sec|proxy)-/.test(name);

/** undefined: a request that needs none. */
export function preflightFor({ method = '', headers }: IncomingMessage, behindProxy: boolean): Preflight | undefined {
  const names = Object.keys(headers)
    .filter((name) => (name === 'content-type' ? !SAFE_TYPE.test(headers['content-type'] ?? '') : !isOfBrowser(name)))
    .filter((name) => !behindProxy || !OF_PROXIES.includes(name))
    .sort();
  return SAFE_METHODS.includes(method) && names.length === 0 ? undefined : { method, names };
}

/** The header with which the device is asked. */
export function preflightHeaders({ method, names }: Preflight, { from }: Crossing, origins: Origins): string[] {
  const asking = namesIn(origins).find(({ session }) => session === from)!;
  return [
    ...['Host', new URL(origins.device).host, 'Origin', asking.device, 'Accept', '*/*'],
    ...['Access-Control-Request-Method', method],
    ...(names.length > 0 ? ['Access-Control-Request-Headers', names.join(',')] : []),
    ...['Connection', 'keep-alive'],
  ];
}

/** Whether the device's answer permits the request, as a browser decides it. */
export function permits(
  { statusCode = 0, headers }: IncomingMessage,
  { method, names }: Preflight,
  { from, withCredentials }: Crossing,
  origins: Origins,
): boolean {
  const asking = namesIn(origins).find(({ session }) => session === from)!.device;
  const any = (text: string | undefined): boolean => !withCredentials && text?.trim() === '*';
  const listed = (text: string | undefined): string[] => (text ?? '').split(',').map((each) => each.trim());
  const allowed = headers['access-control-allow-origin'];
  if (statusCode < 200 || statusCode > 299 || !(any(allowed) || allowed === asking)) return false;
  if (withCredentials && headers['access-control-allow-credentials'] !== 'true') return false;
  const methods = headers['access-control-allow-methods'];
  if (!SAFE_METHODS.includes(method) && !any(methods) && !listed(methods).includes(method)) return false;
  const fields = headers['access-control-allow-headers'];
  const known = listed(fields).map((name) => name.toLowerCase());
  return names.every((name) => known.includes(name) || (any(fields) && name !== 'authorization'));
}
