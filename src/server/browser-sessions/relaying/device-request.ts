import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIMITS } from '../../../protocol/limits';

/**
 * A browser's request on a connection to its device; nothing is sent yet. The connection emits `free` when it can carry
 * the next one.
 */
export function deviceRequest(request: IncomingMessage, headers: string[], stream: Duplex): ClientRequest {
  const sent = httpRequest({
    method: request.method,
    path: request.url,
    headers,
    setHost: false,
    createConnection: () => stream,
    maxHeaderSize: LIMITS.BROWSER_HEADER_BYTES,
    // many devices break the rules of HTTP, and browsers tolerate it
    insecureHTTPParser: true,
  });
  sent.shouldKeepAlive = true; // without an agent, Node assumes the opposite
  return sent;
}

/** Trailers (RFC 9110 6.5) as `addTrailers` takes them. */
export function trailersOf({ rawTrailers }: IncomingMessage): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawTrailers.length; at += 2) pairs.push([rawTrailers[at]!, rawTrailers[at + 1]!]);
  return pairs;
}
