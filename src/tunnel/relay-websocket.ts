import WebSocket from 'ws';
import { LIMITS } from '../protocol/limits';
import type { OutboundProxy } from './outbound-proxy';
import type { Trust } from './pinned-tls';
import { diallerOf } from './websocket/client-handshake';

/**
 * WebSocket for messages to a `ws:` or `wss:` address; one for bytes is a `ClientWebSocket`.
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
  return new WebSocket(url, options.subprotocol, {
    // `ws` passes this to http.request, whose type declares fewer options than it passes on.
    createConnection: diallerOf(new URL(url), options.trust, options.outbound) as never,
    headers: options.bearer === undefined ? {} : { authorization: `Bearer ${options.bearer}` },
    handshakeTimeout: options.handshakeMs,
    maxPayload: options.maxPayload,
    // The traffic is already compressed or encrypted; deflate would cost memory per connection.
    perMessageDeflate: false,
    closeTimeout: LIMITS.RELAY_CLOSE_MS,
  } as WebSocket.ClientOptions);
}
