import { isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** Why a request is refused. */
export interface Refusal {
  readonly status: 403 | 405 | 415 | 421;
  readonly detail: string;
}

export const DEFAULT_PORT = { http: 80, https: 443 } as const;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Accepted `Host` values: these names, and loopback. An attacker could point any other name to this address (DNS
 * rebinding). The default port of the scheme is left out of `Host`.
 */
export function allowedHosts(names: readonly string[], port: number, defaultPort: number): ReadonlySet<string> {
  const hosts = [...LOOPBACK, ...names.map((name) => (isIPv6(name) ? `[${name}]` : name.toLowerCase()))];
  return new Set(hosts.map((name) => (port === defaultPort ? name : `${name}:${port}`)));
}

/** undefined if the request is permitted. */
export function refusalOf(
  request: IncomingMessage,
  hosts: ReadonlySet<string>,
  scheme: 'http' | 'https',
): Refusal | undefined {
  const { host = '', origin } = request.headers;
  // The local IP address is safe: it is not a name.
  const { localAddress = '', localPort = 0 } = request.socket;
  const reached = allowedHosts([localAddress.replace(/^::ffff:/, '')], localPort, DEFAULT_PORT[scheme]);
  if (!hosts.has(host.toLowerCase()) && !reached.has(host.toLowerCase()))
    return { status: 421, detail: 'the panel is not reachable under this name' };
  const { method } = request;
  const site = request.headers['sec-fetch-site'];
  if (method === 'GET') {
    // Another site may link here, but must not use up the event streams.
    const foreign = site === 'cross-site' || site === 'same-site';
    const led = request.headers['sec-fetch-mode'] === 'navigate';
    return foreign && !led ? { status: 403, detail: 'cross-site request refused' } : undefined;
  }
  if (method !== 'POST') return { status: 405, detail: 'only GET and POST are allowed' };
  // Every browser sends at least one of the two headers with a POST; other programs may send neither.
  if (site !== undefined && site !== 'same-origin') return { status: 403, detail: 'cross-site request refused' };
  if (origin !== undefined && origin !== `${scheme}://${host}`)
    return { status: 403, detail: 'cross-site request refused' };
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  if (type !== 'application/json') return { status: 415, detail: 'the body must be application/json' };
  return undefined;
}
