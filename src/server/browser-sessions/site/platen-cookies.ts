import { LOGIN_COOKIES } from '../../auth/login/login-cookie';

/** The cookie of a session's origin that says this browser was let in; `__Host-` (RFC 6265bis 4.1.3) needs https. */
const ENTRY_COOKIE = 'platen-session';
const SECURE_ENTRY_COOKIE = '__Host-platen';

/** Names no device ever gets or sets: those above and, though no browser sends it here, the console's own. */
const OURS: readonly string[] = [ENTRY_COOKIE, SECURE_ENTRY_COOKIE, ...LOGIN_COOKIES];
export const isOurs = (name: string): boolean => OURS.includes(name);

const nameOf = (pair: string): string => pair.slice(0, (pair.indexOf('=') + 1 || pair.length + 1) - 1).trim();

export const entryCookieName = (secure: boolean): string => (secure ? SECURE_ENTRY_COOKIE : ENTRY_COOKIE);

/** Value of the entry cookie in a `Cookie` header. */
export function entryIn(header: string | undefined, secure: boolean): string | undefined {
  const name = entryCookieName(secure);
  const pair = (header ?? '').split(';').find((each) => nameOf(each) === name);
  return pair?.slice(pair.indexOf('=') + 1).trim();
}

/** A `Cookie` header as the device may see it; undefined when nothing is left. */
export function withoutOurs(header: string): string | undefined {
  const pairs = header.split(';');
  const theirs = pairs.filter((pair) => !isOurs(nameOf(pair)));
  if (theirs.length === pairs.length) return header;
  return theirs.join(';').trim() || undefined;
}
