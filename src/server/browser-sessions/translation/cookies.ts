import { LOGIN_COOKIES } from '../../auth/login/login-cookie';

/** The cookie of a session's origin that admits a browser; `__Host-` (RFC 6265bis 4.1.3) needs https. */
const ENTRY_COOKIE = 'platen-session';
const SECURE_ENTRY_COOKIE = '__Host-platen';

/** Cookies that devices neither get nor set: the entry cookies and the console's, which browsers do not send here. */
const PLATEN_COOKIES: readonly string[] = [ENTRY_COOKIE, SECURE_ENTRY_COOKIE, ...LOGIN_COOKIES];

export const entryCookieName = (secure: boolean): string => (secure ? SECURE_ENTRY_COOKIE : ENTRY_COOKIE);

// No cookie library here: devices set cookies that violate the RFC, and must get them back byte for byte.

const nameOf = (pair: string): string => (pair.split('=', 1)[0] ?? '').trim();
const isPlatenCookie = (pair: string): boolean => PLATEN_COOKIES.includes(nameOf(pair));

/** Values of the entry cookie in a `Cookie` header: over plain http, other hosts can add some of the same name. */
export function entriesIn(header: string | undefined, secure: boolean): string[] {
  const pairs = (header ?? '').split(';').filter((pair) => nameOf(pair) === entryCookieName(secure));
  return pairs.map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
}

/** Names in a `Cookie` header, each once, without Platen's own and those that `Set-Cookie` cannot name. */
export function cookieNames(header: string | undefined): string[] {
  const pairs = (header ?? '').split(';').filter((pair) => pair.includes('=') && !isPlatenCookie(pair));
  return [...new Set(pairs.map(nameOf))].filter((name) => /^[\x21-\x7e]+$/.test(name));
}

/** A `Cookie` header without Platen's cookies; undefined if it would be empty. */
export function withoutPlatenCookies(header: string): string | undefined {
  const pairs = header.split(';');
  const rest = pairs.filter((pair) => !isPlatenCookie(pair));
  if (rest.length === pairs.length) return header;
  return rest.join(';').trim() || undefined;
}

/** Browsers treat http on localhost as secure here. */
const IN_FRAME = ' SameSite=None; Secure; Partitioned';

/**
 * A device's `Set-Cookie` for the origin of its session. Domain is removed, because the device cannot name that origin;
 * over plain http Secure is removed, and with it SameSite=None, which browsers accept only together. In a frame of the
 * console a cookie works only without SameSite, and then only below that console (CHIPS).
 * @param secure whether the session's origin is https
 * @returns undefined for a cookie that a device may not set
 */
export function sessionCookie(
  header: string,
  { secure, framed }: { secure: boolean; framed: boolean },
): string | undefined {
  const [pair = '', ...attributes] = header.split(';');
  if (isPlatenCookie(pair)) return undefined;
  // Browsers refuse these prefixes without Secure. If they treat http as secure (localhost), they keep the cookie.
  const insecure = !secure && !/^\s*__(secure|host)-/i.test(pair);
  const kept = attributes.filter((attribute) => {
    const [key = '', value = ''] = attribute.split('=').map((part) => part.trim().toLowerCase());
    if (key === 'domain') return false;
    if (framed) return !['secure', 'partitioned', 'samesite'].includes(key);
    return !insecure || !(key === 'secure' || key === 'partitioned' || (key === 'samesite' && value === 'none'));
  });
  return [pair, ...kept, ...(framed ? [IN_FRAME] : [])].join(';');
}
