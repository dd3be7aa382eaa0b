import type { IncomingMessage } from 'node:http';
import { toDevice, type Origins } from './device-urls';
import { fields, hopByHop } from '../../../tunnel/device-http/header-fields';
import { deviceTags } from './entity-tags';
import { withoutPlatenCookies } from './cookies';
import { readableCodings } from './translated-content';

/** Set by the worker of a session's site (`site/crossing-worker.ts`): the page wants no credentials to go along. */
export const OMITTED = 'platen-credentials';

/** Fields that a reverse proxy adds about the browser; they are not forwarded to the device. */
export const OF_PROXIES = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
];

export interface RequestContext {
  readonly origins: Origins;
  /** Whether a proxy in front of this server adds fields. */
  readonly behindProxy: boolean;
  /** Whether the device must not get those that the browser has stored for it. */
  readonly withoutCredentials?: boolean;
}

/** A browser's request header for its device, in the same order and spelling. */
export function requestHeaders(
  request: IncomingMessage,
  { origins, behindProxy, withoutCredentials = false }: RequestContext,
): string[] {
  const ends = hopByHop(request.rawHeaders);
  const out: string[] = ['Host', new URL(origins.device).host];
  for (const [name, value] of fields(request.rawHeaders)) {
    const key = name.toLowerCase();
    if (ends(key) || key === 'host' || key === OMITTED || (withoutCredentials && isCredential(key, value))) continue;
    if (behindProxy && OF_PROXIES.includes(key)) continue;
    const kept = requestField(key, value, origins, request.headers['transfer-encoding'] !== undefined);
    if (kept !== undefined) out.push(name, kept);
  }
  return [...out, ...framing(request)];
}

/** Tokens are a page's own: browsers store no others than these. */
const isCredential = (key: string, value: string): boolean =>
  key === 'cookie' || (key === 'authorization' && /^\s*(basic|digest|negotiate|ntlm)\b/i.test(value));

function requestField(key: string, value: string, origins: Origins, chunked: boolean): string | undefined {
  switch (key) {
    case 'cookie':
      return withoutPlatenCookies(value);
    case 'accept-encoding':
      return readableCodings(value);
    case 'origin':
      return toDevice(value, origins);
    case 'trailer':
      return chunked ? value : undefined; // Node refuses to announce trailers that it cannot send
    case 'referer': {
      const page = toDevice(value, origins);
      return page === value ? undefined : page; // addresses of other sites are not disclosed to the device
    }
    case 'if-none-match':
    case 'if-match':
      return deviceTags(value);
    default:
      return value;
  }
}

/** Whether content follows (RFC 9112 6.3). */
export const hasContent = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Fields of this hop: the framing of the content, and whether trailers are accepted. */
function framing({ method = '', headers }: IncomingMessage): string[] {
  const out: string[] = [];
  const connection = ['keep-alive'];
  if (/\btrailers\b/i.test(String(headers.te ?? ''))) {
    out.push('TE', 'trailers');
    connection.push('TE');
  }
  if (headers['transfer-encoding'] !== undefined) out.push('Transfer-Encoding', 'chunked');
  else if (headers['content-length'] === undefined && ['POST', 'PUT', 'PATCH'].includes(method))
    out.push('Content-Length', '0');
  return [...out, 'Connection', connection.join(', ')];
}
