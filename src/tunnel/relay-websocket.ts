import { isIP } from 'node:net';
import { connect as connectTcp, type NetConnectOpts } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import WebSocket from 'ws';
import { LIMITS } from '../protocol/limits';
import { connectPinned, type Trust } from './pinned-tls';

/**
 * WebSocket to a `ws:` or `wss:` address.
 * @param handshakeMs for TCP, TLS and the upgrade together
 */
export function openWebSocket(
  url: string,
  options: { subprotocol: string; maxPayload: number; handshakeMs: number; trust: Trust; bearer?: string },
): WebSocket {
  const secure = new URL(url).protocol === 'wss:';
  const dial = ({ path: _path, ...to }: ConnectionOptions & { host: string; port: number }) =>
    secure
      ? connectPinned({ ...to, servername: isIP(to.host) ? '' : to.host }, options.trust)
      : connectTcp({ ...to, noDelay: true } as NetConnectOpts);
  return new WebSocket(url, options.subprotocol, {
    // `ws` passes this to http.request, whose type declares fewer options than it passes on.
    createConnection: dial as never,
    headers: options.bearer === undefined ? {} : { authorization: `Bearer ${options.bearer}` },
    handshakeTimeout: options.handshakeMs,
    maxPayload: options.maxPayload,
    // The traffic is already compressed or encrypted; deflate would cost memory per connection.
    perMessageDeflate: false,
    closeTimeout: LIMITS.RELAY_CLOSE_MS,
  } as WebSocket.ClientOptions);
}
