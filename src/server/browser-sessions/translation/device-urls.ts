import { isIP } from 'node:net';

/** Two names of one site, both as serialized origins (RFC 6454 6.2). */
interface Names {
  /** The device's own origin: `http://192.168.1.20`. */
  readonly device: string;
  /** The session's origin in the browser: `http://s-x7k2.localhost:8080`. */
  readonly session: string;
}

/** The names of the site that a request is for, and of the other sites of the same application. */
export interface Origins extends Names {
  readonly others?: readonly Names[];
}

export const namesIn = (origins: Origins): Names[] => [origins, ...(origins.others ?? [])];

const ABSOLUTE = /^([\t\n\f\r ]*)(?:(https?):)?\/\/([^/?#\\]*)(.*)$/is;

/** Translates a URL with an origin of the device for the browser; any other text is unchanged. */
export const toSession = (url: string, origins: Origins): string => translated(url, origins, 'device', 'session');

/** The reverse translation, for Origin and Referer. */
export const toDevice = (url: string, origins: Origins): string => translated(url, origins, 'session', 'device');

/** A URL without a scheme (RFC 3986 4.2) has the scheme of its page. */
function translated(url: string, origins: Origins, from: keyof Names, to: keyof Names): string {
  const [, space = '', scheme, authority, rest = ''] = ABSOLUTE.exec(url) ?? [];
  const origin = originOf(scheme ?? origins[from].split(':', 1)[0]!, authority);
  const other = namesIn(origins).find((names) => names[from] === origin)?.[to];
  if (other === undefined) return url;
  return `${space}${scheme ? other : other.slice(other.indexOf('//'))}${rest}`;
}

function originOf(scheme: string, authority: string | undefined): string | undefined {
  if (authority === undefined || authority === '' || authority.includes('@')) return undefined;
  const origin = `${scheme.toLowerCase()}://${authority}`;
  return URL.canParse(origin) ? new URL(origin).origin : undefined;
}

/** Names that are resolved in the network of the browser (RFC 6762, RFC 8375), and those without a domain. */
const LOCAL_NAME = /^[^.]+$|\.(local|lan|home|internal|intranet|localdomain|localhost|arpa)\.?$/;

/**
 * The origin of a URL that would take the browser out of the session, to an address in the technician's own network: it has
 * no name in the session, and its host is an IP address, a local name, or the device itself. Undefined for all others.
 */
export function strayOrigin(url: string, origins: Origins): string | undefined {
  const [, , scheme, authority = ''] = ABSOLUTE.exec(url) ?? [];
  const origin = originOf(scheme ?? origins.device.split(':', 1)[0]!, authority.slice(authority.lastIndexOf('@') + 1));
  if (origin === undefined) return undefined;
  const { hostname } = new URL(origin);
  const own = namesIn(origins).some(({ device, session }) => [device, session].includes(origin));
  const ofDevice = namesIn(origins).some(({ device }) => new URL(device).hostname === hostname);
  const isLocal = ofDevice || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || LOCAL_NAME.test(hostname);
  return isLocal && !own ? origin : undefined;
}
