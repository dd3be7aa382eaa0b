import type { IncomingMessage } from 'node:http';
import { acceptOf } from '../../../tunnel/websocket/client-handshake';

/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** The key of a client's opening handshake (RFC 6455 4.2.1); undefined if it is not one. */
export function handshakeKey({ method, headers }: IncomingMessage): string | undefined {
  const key = headers['sec-websocket-key'];
  const isHandshake = method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
  return isHandshake && headers['sec-websocket-version'] === '13' && key && KEY.test(key) ? key : undefined;
}

/** The server's opening handshake (RFC 6455 4.2.2), without extensions. */
export function handshakeAnswer(key: string, subprotocol: string): string {
  return (
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${acceptOf(key)}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`
  );
}
