import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../../../protocol/limits';
import { hasContent } from '../translation/request-headers';
import { cookieNames } from '../translation/cookies';

/**
 * Any page below the session domain can set a cookie for that domain, which browsers then send to every session, and do
 * not tell apart from the session's own. What tells them apart is their removal: `Set-Cookie` with a Domain removes the
 * cookie of that domain only.
 */

/** A removal names each path for which the cookie may have been set. Reverse proxies accept headers of 4 KB. */
const REMOVALS_BYTES = 3 * 1024;
/** Checked with one request. */
const NAMES_AT_ONCE = 8;

/** The domains above a host for which browsers may accept cookies from it (RFC 6265bis 5.7): two labels and more. */
export function parentDomains(hostname: string): string[] {
  const labels = hostname.split('.');
  return labels.slice(1, -1).map((_, at) => labels.slice(at + 1).join('.'));
}

/** Every path under which a cookie is sent with a request for this one (RFC 6265bis 5.1.4). */
function pathsAbove(path: string): string[] {
  const paths = new Set(['/']);
  for (let at = path.indexOf('/', 1); at !== -1; at = path.indexOf('/', at + 1))
    paths.add(path.slice(0, at)).add(path.slice(0, at + 1));
  return [...paths.add(path)].filter((each) => /^[\x21-\x3a\x3c-\x7e]+$/.test(each));
}

export interface Removal {
  readonly path: string;
  readonly secure: boolean;
  readonly framed: boolean;
  /** undefined: the cookies of the host itself. */
  readonly domains: readonly (string | undefined)[];
}

/** Values of `Set-Cookie` that remove cookies of these names. */
export function removals(names: readonly string[], { path, secure, framed, domains }: Removal): string[] {
  const out: string[] = [];
  let bytes = 0;
  // without SameSite=None, browsers set and remove nothing in a frame; a partitioned cookie is another one (CHIPS)
  const kinds = framed
    ? ['; SameSite=None; Secure; Partitioned', '; SameSite=None; Secure']
    : [secure ? '; Secure' : ''];
  for (const each of pathsAbove(path))
    for (const name of names)
      for (const domain of domains)
        for (const kind of kinds) {
          const value = `${name}=; Path=${each}; Max-Age=0${domain === undefined ? '' : `; Domain=${domain}`}${kind}`;
          if ((bytes += value.length) > REMOVALS_BYTES) return out;
          out.push(value);
        }
  return out;
}

/** Which cookies of a session have been checked: removed for all parent domains, so that what remains is its own. */
export class CheckedCookies {
  private readonly checkedAt = new Map<string, number>();
  private lastAt = -Infinity;

  /**
   * Names that are to be checked with this request, by repeating it; they count as checked from now on. A page that keeps
   * setting cookies cannot hold up the session with it.
   */
  due(request: IncomingMessage): string[] {
    const now = performance.now();
    const repeatable = ['GET', 'HEAD'].includes(request.method ?? '') && !hasContent(request);
    if (!repeatable || now - this.lastAt < LIMITS.BROWSER_COOKIE_PAUSE_MS) return [];
    const fresh = now - LIMITS.BROWSER_COOKIE_CHECK_MS;
    const names = cookieNames(request.headers.cookie)
      .filter((name) => (this.checkedAt.get(name) ?? -Infinity) < fresh)
      .slice(0, NAMES_AT_ONCE);
    if (names.length === 0) return [];
    this.lastAt = now;
    for (const name of names) {
      this.checkedAt.delete(name);
      this.checkedAt.set(name, now);
    }
    for (const oldest of this.checkedAt.keys()) {
      if (this.checkedAt.size <= LIMITS.BROWSER_COOKIES) break;
      this.checkedAt.delete(oldest);
    }
    return names;
  }
}
