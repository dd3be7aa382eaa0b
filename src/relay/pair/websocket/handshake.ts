import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** RFC 6455 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
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
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  return (
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`
  );
}
