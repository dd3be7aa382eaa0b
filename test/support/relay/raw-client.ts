import { once } from 'node:events';
import type { Socket } from 'node:net';
import { RELAY_SUBPROTOCOL } from '../../../src/protocol/version';
import { until } from '../until';

export const HANDSHAKE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const HANDSHAKE =
  'GET /cloud-hub HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  `Sec-WebSocket-Key: ${HANDSHAKE_KEY}\r\nSec-WebSocket-Protocol: ${RELAY_SUBPROTOCOL}\r\n\r\n`;
const HEAD_END = '\r\n\r\n';

/** A client of the relay that writes bytes and keeps what comes back. */
export class RawClient {
  received = Buffer.alloc(0);
  isEnded = false;

  static async connect(socket: Socket, first: Buffer | string): Promise<RawClient> {
    const client = new RawClient(socket);
    await once(socket, socket.listenerCount('secureConnect') > 0 ? 'secureConnect' : 'connect');
    socket.write(first);
    await until('the answer', () => client.received.includes(HEAD_END));
    return client;
  }

  private constructor(readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => (this.received = Buffer.concat([this.received, chunk])));
    socket.on('end', () => (this.isEnded = true));
  }

  get head(): string {
    return this.received.subarray(0, this.received.indexOf(HEAD_END)).toString();
  }

  /** What came after the handshake. */
  get frames(): string {
    return this.received.subarray(this.received.indexOf(HEAD_END) + HEAD_END.length).toString('hex');
  }
}
