import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import type { Journal } from '../journal/journal';
import { isLoopback } from '../protocol/loopback';

/** A proxy on this computer. */
export const HERE = ['127.0.0.0/8', '::1'];
/** A wider network is not that of a proxy, but a mistake for "everybody". */
const SHORTEST_PREFIX = { ipv4: 8, ipv6: 32 };

const family = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

/**
 * The reverse proxies that provide TLS: `no`, `yes` for one on this computer, or their addresses and networks (CIDR),
 * separated by commas. Parsed to a list of addresses and networks; empty: none.
 */
export const proxySetting = z
  .string()
  .default('no')
  .transform((text) => {
    if (text === 'no') return [];
    return text === 'yes' ? HERE : text.split(',').map((entry) => entry.trim());
  })
  .refine((entries) => entries.every(isNetwork), 'must be no, yes, or IP addresses and networks such as 10.0.0.0/24');

function isNetwork(entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/');
  if (isIP(address) === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  const bits = family(address) === 'ipv6' ? 128 : 32;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits && Number(prefix) >= SHORTEST_PREFIX[family(address)];
}

/** Whether proxies are trusted, but none on another computer is named. */
export const isUnnamed = (entries: readonly string[]): boolean =>
  entries.length > 0 && entries.every((entry) => HERE.includes(entry));

/** @param entries as parsed by `proxySetting` @returns whether an address of a socket is that of a proxy */
export function proxyMatcher(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    if (prefix === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(prefix), family(address));
  }
  return (address) => isIP(address) !== 0 && list.check(address, family(address));
}

/** A scanner must not fill the log. */
const LOG_MS = 60_000;
const REFUSAL =
  'This port has no TLS: it answers only this computer and the reverse proxy named in its settings.\n' +
  'Open the address of the proxy. If this is the proxy, name the address from which it connects; the log shows it.\n';

/**
 * Makes an HTTP server without TLS answer only this computer and the proxies (E13). Others get 403; no other listener
 * sees their requests. Call it when the listeners of the server are in place.
 * @param entries as parsed by `proxySetting`
 * @param setting the variable that names the proxies, for the log
 */
export function admitOnlyProxies(server: Server, entries: readonly string[], setting: string, journal: Journal): void {
  const isProxy = proxyMatcher(entries);
  let loggedAt = -Infinity;
  const admits = ({ socket }: IncomingMessage): boolean => {
    const address = socket.remoteAddress ?? '';
    if (isLoopback(address) || isProxy(address)) return true;
    if (performance.now() - loggedAt >= LOG_MS) {
      loggedAt = performance.now();
      journal.warn(`refused a request without TLS; only proxies named in ${setting} may send one`, { address });
    }
    return false;
  };
  for (const event of ['request', 'checkContinue', 'upgrade'] as const) {
    const listeners = server.listeners(event);
    server.removeAllListeners(event);
    server.on(event, (request: IncomingMessage, answer: ServerResponse | Duplex, ...rest: unknown[]) => {
      if (admits(request)) for (const listener of listeners) listener.call(server, request, answer, ...rest);
      else refuse(answer);
    });
  }
}

function refuse(answer: ServerResponse | Duplex): void {
  const headers = { Connection: 'close', 'Content-Type': 'text/plain', 'Content-Length': REFUSAL.length };
  if ('writeHead' in answer) return void answer.writeHead(403, headers).end(REFUSAL);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  answer.on('error', () => answer.destroy());
  answer.once('finish', () => answer.destroy());
  answer.end(`HTTP/1.1 403 Forbidden\r\n${lines.join('')}\r\n${REFUSAL}`);
}
