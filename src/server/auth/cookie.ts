/**
 * Names of the cookie that holds the session ID of a browser's login. Over https it has the prefix with which browsers
 * take it from this very host only (RFC 6265bis 4.1.3.2): a device's page under a sibling domain cannot plant one.
 */
const LOGIN_COOKIE = 'platen.sid';
const SECURE_LOGIN_COOKIE = '__Host-platen.sid';
export const LOGIN_COOKIES: readonly string[] = [LOGIN_COOKIE, SECURE_LOGIN_COOKIE];

/** @param secure whether the request came by https, our own or a trusted proxy's */
export const loginCookieName = (secure: boolean): string => (secure ? SECURE_LOGIN_COOKIE : LOGIN_COOKIE);
