import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { LIMITS } from '../../protocol/limits';
import type { DeviceStream } from './device-stream';

/**
 * Prepares a browser's request on a connection to its device, without sending it. The connection emits `free` when it
 * can carry the next request.
 */
export function deviceRequest(
  request: Pick<IncomingMessage, 'method' | 'url'>,
  headers: string[],
  stream: DeviceStream,
): ClientRequest {
  stream.expectResponse();
  const sent = httpRequest({
    method: request.method,
    path: request.url,
    headers,
    setHost: false,
    createConnection: () => stream,
    maxHeaderSize: LIMITS.BROWSER_HEADER_BYTES,
    insecureHTTPParser: false, // `stream` reads what violates HTTP
  });
  sent.shouldKeepAlive = true; // without an agent, Node assumes the opposite
  return sent;
}

/** Trailers (RFC 9110 6.5) in the format of `addTrailers`. */
export function trailersOf({ rawTrailers }: IncomingMessage): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawTrailers.length; at += 2) pairs.push([rawTrailers[at]!, rawTrailers[at + 1]!]);
  return pairs;
}
