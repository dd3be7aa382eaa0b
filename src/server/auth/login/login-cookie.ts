import { parse } from 'cookie';
import { unsign } from 'cookie-signature';

/**
 * Names of the cookie that holds the session ID of a browser's login. Over https the name has the prefix `__Host-`, so
 * browsers accept it from this host only (RFC 6265bis 4.1.3.2): a device's page under a sibling domain cannot set one.
 */
const LOGIN_COOKIE = 'platen.sid';
const SECURE_LOGIN_COOKIE = '__Host-platen.sid';
export const LOGIN_COOKIES: readonly string[] = [LOGIN_COOKIE, SECURE_LOGIN_COOKIE];

/** @param secure whether the request came by https, to this server or to a trusted proxy */
export const loginCookieName = (secure: boolean): string => (secure ? SECURE_LOGIN_COOKIE : LOGIN_COOKIE);

/**
 * The session ID in a `Cookie` header; undefined where there is none or its signature is wrong. express-session writes
 * `s:` and the signed ID.
 */
export function sessionIdIn(header: string, secure: boolean, secret: string): string | undefined {
  const value = parse(header)[loginCookieName(secure)];
  return (value?.startsWith('s:') && unsign(value.slice(2), secret)) || undefined;
}
