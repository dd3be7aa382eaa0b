import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect as connectTcp, type NetConnectOpts, type Socket } from 'node:net';
import { NO_PROXY, tlsDialler, type OutboundProxy } from '../outbound-proxy';
import { endpointOf, type Trust } from '../pinned-tls';

/** RFC 6455 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const HANDSHAKE_VERSION = 13;

/** Where a server is, and how it is reached and recognised. */
export interface WebSocketAddress {
  /** `ws:` or `wss:` */
  readonly url: string;
  readonly subprotocol: string;
  /** For TCP, TLS and the upgrade together. */
  readonly handshakeMs: number;
  readonly trust: Trust;
  /** Leads to `wss:` addresses; by default, none does. */
  readonly outbound?: OutboundProxy;
}

/** The value by which a server proves that it has understood a handshake with this key (RFC 6455 4.2.2). */
export const acceptOf = (key: string): string =>
  createHash('sha1')
    .update(key + GUID)
    .digest('base64');

/** How the server of a URL is dialled, for `createConnection` of an HTTP request. */
export const diallerOf = (url: URL, trust: Trust, outbound: OutboundProxy = NO_PROXY) =>
  url.protocol === 'wss:'
    ? tlsDialler(url, trust, outbound)
    : ({ path: _path, ...to }: NetConnectOpts & { path?: string }) =>
        connectTcp({ ...to, noDelay: true } as NetConnectOpts);

/**
 * The client's opening handshake (RFC 6455 4.1), without extensions.
 * @param onOpen called within the event that brings the answer @param head what has arrived behind it
 * @param onFailed called once, if `onOpen` is not @returns what cuts it
 */
export function openHandshake(
  { url: text, subprotocol, handshakeMs, trust, outbound }: WebSocketAddress,
  onOpen: (stream: Socket, head: Buffer) => void,
  onFailed: (error: Error) => void,
): () => void {
  const url = new URL(text);
  const key = randomBytes(16).toString('base64');
  const headers: OutgoingHttpHeaders = {
    'Sec-WebSocket-Version': HANDSHAKE_VERSION,
    'Sec-WebSocket-Key': key,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Protocol': subprotocol,
  };
  const request = httpRequest({
    ...endpointOf(url),
    defaultPort: url.protocol === 'wss:' ? 443 : 80,
    path: url.pathname + url.search,
    headers,
    createConnection: diallerOf(url, trust, outbound) as never,
  });
  let isOver = false;
  const timer = setTimeout(() => fail(new Error('Opening handshake has timed out')), handshakeMs);
  const fail = (error: Error) => {
    request.destroy();
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    onFailed(error);
  };
  request.on('error', fail);
  request.on('close', () => fail(new Error('the connection was closed before it was established')));
  request.on('response', ({ statusCode }) => fail(new Error(`Unexpected server response: ${statusCode}`)));
  request.on('upgrade', (answer: IncomingMessage, stream: Socket, head: Buffer) => {
    stream.on('error', () => undefined); // `close` follows
    const fault = faultOf(answer, key, subprotocol);
    if (fault !== undefined || isOver) {
      stream.destroy();
      return fail(new Error(fault));
    }
    isOver = true;
    clearTimeout(timer);
    onOpen(stream, head);
  });
  request.end();
  return () => fail(new Error('the connection was cut before it was established'));
}

/** What is wrong with the server's handshake (RFC 6455 4.1); undefined: nothing. */
function faultOf({ headers }: IncomingMessage, key: string, subprotocol: string): string | undefined {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return 'Invalid Upgrade header';
  if (headers['sec-websocket-accept'] !== acceptOf(key)) return 'Invalid Sec-WebSocket-Accept header';
  if (headers['sec-websocket-protocol'] !== subprotocol) return 'Server sent an invalid subprotocol';
  if (headers['sec-websocket-extensions'] !== undefined) return 'Server sent extensions that were not requested';
  return undefined;
}
