import { validateHeaderValue, type IncomingMessage } from 'node:http';
import { sessionPolicy, stayingPolicy } from './content-security-policy';
import { toSession, type Origins } from './device-urls';
import { fields, hopByHop } from '../../../tunnel/device-http/header-fields';
import { sessionTag } from './entity-tags';
import { sessionCookie } from './cookies';

export interface ResponseContext {
  readonly origins: Origins;
  /** `frame-ancestors ...`: the origins that may show the page in a frame. */
  readonly frameAncestors: string;
  /** Whether the links in the content are translated, so that its length is unknown beforehand. */
  readonly linksChange: boolean;
  /** Whether the browser shows the pages in a frame of the console. */
  readonly framed: boolean;
  /** Whether the response will be sent in chunks, which trailers need (RFC 9112 7.1.2). */
  readonly trailersPass: boolean;
  /** The site whose page made the request without credentials; the browser has sent some all the same. */
  readonly openTo?: string;
}

/** A device's response header for the browser, in the same order and spelling. */
export function responseHeaders(response: IncomingMessage, context: ResponseContext): string[] {
  const ends = hopByHop(response.rawHeaders);
  const out: string[] = [];
  let hasPolicy = false;
  let isOpen = false;
  for (const [name, value] of fields(response.rawHeaders)) {
    const key = name.toLowerCase();
    if (ends(key)) continue;
    const kept = responseField(key, value, context, response);
    if (kept === undefined || !isWritable(name, kept)) continue;
    hasPolicy ||= key === 'content-security-policy';
    isOpen ||= key === 'access-control-allow-origin' && context.openTo !== undefined;
    out.push(name, kept);
  }
  if (!hasPolicy) out.push('Content-Security-Policy', context.frameAncestors);
  out.push('Content-Security-Policy', stayingPolicy(context.origins));
  if (isOpen) out.push('Access-Control-Allow-Credentials', 'true', 'Vary', 'Origin');
  // a cached script is not the answer to the request for a service worker, which is refused
  if (isScript(response)) out.push('Vary', 'Service-Worker');
  return out;
}

/** Browsers accept service workers of these types only (Service Workers, "Update", 8.1). */
const isScript = ({ headers }: IncomingMessage): boolean => /script/i.test(headers['content-type'] ?? '');

/** undefined: the field is left out. */
function responseField(
  key: string,
  value: string,
  context: ResponseContext,
  { headers }: IncomingMessage,
): string | undefined {
  const { origins, frameAncestors, linksChange, trailersPass, framed, openTo } = context;
  switch (key) {
    // with credentials, a browser takes no wildcard (Fetch 3.3.6)
    case 'access-control-allow-origin':
      return openTo !== undefined && value.trim() === '*' ? openTo : toSession(value, origins);
    case 'access-control-expose-headers':
      return openTo !== undefined && value.trim() === '*' ? Object.keys(headers).join(', ') : value;
    case 'access-control-allow-credentials':
      return openTo === undefined ? value : undefined; // added at the end
    case 'location':
    case 'content-location':
      return toSession(value, origins);
    case 'refresh':
      return value.replace(
        /^(\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?["']?)(.*)$/is,
        (_, head: string, url: string) => head + toSession(url, origins),
      );
    case 'set-cookie':
      if (openTo !== undefined) return undefined; // a request without credentials stores none
      return sessionCookie(value, { secure: origins.session.startsWith('https:'), framed });
    case 'content-security-policy':
      return sessionPolicy(value, origins, frameAncestors);
    case 'x-frame-options': // `frame-ancestors` replaces it (CSP 3, 6.4.2)
    case 'alt-svc': // would make the browser bypass the session (RFC 7838)
    case 'service-worker-allowed': // there are no service workers
      return undefined;
    case 'clear-site-data':
      return harmlessClearing(value);
    case 'trailer':
      return trailersPass ? value : undefined; // Node refuses to announce trailers that it cannot send
    case 'content-length':
    case 'accept-ranges':
      return linksChange ? undefined : value;
    case 'etag':
      return linksChange ? sessionTag(value) : value;
    default:
      return value;
  }
}

/** Clearing cookies affects the whole registrable domain, including the console's login (Clear Site Data, 4.2.3). */
function harmlessClearing(value: string): string | undefined {
  const types = value.split(',').map((type) => type.trim());
  const kept = types.includes('"*"') ? ['"cache"', '"storage"'] : types.filter((type) => type !== '"cookies"');
  return kept.length > 0 ? kept.join(', ') : undefined;
}

/** Node parses the headers of devices leniently, but refuses to write some of them. */
function isWritable(name: string, value: string): boolean {
  try {
    validateHeaderValue(name, value);
    return /^[\w!#$%&'*+.^`|~-]+$/.test(name);
  } catch {
    return false;
  }
}
