import { connect as connectTcp, type NetConnectOpts } from 'node:net';
import WebSocket from 'ws';
import { LIMITS } from '../protocol/limits';
import { NO_PROXY, tlsDialler, type OutboundProxy } from './outbound-proxy';
import type { Trust } from './pinned-tls';

/**
 * WebSocket to a `ws:` or `wss:` address.
 * @param handshakeMs for TCP, TLS and the upgrade together
 */
export function openWebSocket(
  url: string,
  options: {
    subprotocol: string;
    maxPayload: number;
    handshakeMs: number;
    trust: Trust;
    /** Leads to `wss:` addresses; by default, none does. */
    outbound?: OutboundProxy;
    bearer?: string;
  },
): WebSocket {
  const { trust, outbound = NO_PROXY } = options;
  const dial =
    new URL(url).protocol === 'wss:'
      ? tlsDialler(new URL(url), trust, outbound)
      : ({ path: _path, ...to }: NetConnectOpts & { path?: string }) =>
          connectTcp({ ...to, noDelay: true } as NetConnectOpts);
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
