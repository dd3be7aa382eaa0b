/** The two names of one application, both as serialized origins (RFC 6454 6.2). */
export interface Origins {
  /** The device's own origin: `http://192.168.1.20`. */
  readonly device: string;
  /** The session's origin in the browser: `http://s-x7k2.localhost:8080`. */
  readonly session: string;
}

const ABSOLUTE = /^([\t\n\f\r ]*)(?:(https?):)?\/\/([^/?#\\]*)(.*)$/is;

/** Translates a URL with the device's origin for the browser; any other text is unchanged. */
export const toSession = (url: string, { device, session }: Origins): string => translated(url, device, session);

/** The reverse translation, for Origin and Referer. */
export const toDevice = (url: string, { device, session }: Origins): string => translated(url, session, device);

/** A URL without a scheme (RFC 3986 4.2) has the scheme of its page, which is that of `from`. */
function translated(url: string, from: string, to: string): string {
  const [, space = '', scheme, authority, rest = ''] = ABSOLUTE.exec(url) ?? [];
  if (authority === undefined || authority === '') return url;
  const origin = `${scheme?.toLowerCase() ?? from.slice(0, from.indexOf(':'))}://${authority}`;
  if (authority.includes('@') || !URL.canParse(origin) || new URL(origin).origin !== from) return url;
  return `${space}${scheme ? to : to.slice(to.indexOf('//'))}${rest}`;
}
