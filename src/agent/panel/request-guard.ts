import { isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** Why a request is refused. */
export interface Refusal {
  readonly status: 403 | 405 | 415 | 421;
  readonly detail: string;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** `Host` values this panel answers to: any other name may be one that an attacker points here (DNS rebinding). */
export function allowedHosts(host: string, port: number): ReadonlySet<string> {
  const names = [...LOOPBACK, isIPv6(host) ? `[${host}]` : host];
  return new Set(names.map((name) => (port === 80 ? name : `${name}:${port}`)));
}

/** undefined: the request is permitted. */
export function refusalOf(request: IncomingMessage, hosts: ReadonlySet<string>): Refusal | undefined {
  const { host = '', origin } = request.headers;
  // The very address that was connected to is no name that could be pointed elsewhere.
  const { localAddress = '', localPort = 0 } = request.socket;
  const reached = allowedHosts(localAddress.replace(/^::ffff:/, ''), localPort);
  if (!hosts.has(host.toLowerCase()) && !reached.has(host.toLowerCase()))
    return { status: 421, detail: 'this panel has another name' };
  const { method } = request;
  const site = request.headers['sec-fetch-site'];
  if (method === 'GET') {
    // Another site may lead here, but not hold the streams that the person at the device needs.
    const foreign = site === 'cross-site' || site === 'same-site';
    const led = request.headers['sec-fetch-mode'] === 'navigate';
    return foreign && !led ? { status: 403, detail: 'cross-site request refused' } : undefined;
  }
  if (method !== 'POST') return { status: 405, detail: 'only GET and POST are served' };
  // Every browser sends at least one of the two with a POST; a program at this machine may send neither.
  if (site !== undefined && site !== 'same-origin') return { status: 403, detail: 'cross-site request refused' };
  if (origin !== undefined && origin !== `http://${host}`) return { status: 403, detail: 'cross-site request refused' };
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  if (type !== 'application/json') return { status: 415, detail: 'the body must be application/json' };
  return undefined;
}
