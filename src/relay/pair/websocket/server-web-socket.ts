import type { Socket } from 'node:net';
import {
  BINARY,
  frame,
  headerBytes,
  MIDDLE_HEADER_BYTES,
  MIDDLE_PAYLOAD_BYTES,
  writeHeader,
} from '../../../tunnel/websocket/frames';
import { WebSocketEnd } from '../../../tunnel/websocket/web-socket-end';

/** A WebSocket at the side of the server, after the opening handshake. */
export class ServerWebSocket extends WebSocketEnd {
  /** @param stream of TCP or TLS */
  constructor(private readonly stream: Socket) {
    super('client');
    this.use(stream);
  }

  /**
   * Sends chunk[start, end) as one binary message. Takes the chunk, and if `start` is not less than MIDDLE_HEADER_BYTES,
   * also writes to the bytes before it.
   * @returns whether the queue has room; if not, `drain` follows
   */
  forward(chunk: Buffer, start: number, end: number): boolean {
    const { stream } = this;
    if (this.readyState !== this.OPEN) return true;
    const length = end - start;
    const isFull = this.willFill(length);
    const onFlushed = isFull ? this.filling() : undefined;
    const header = headerBytes(length);
    if (start >= MIDDLE_HEADER_BYTES && length <= MIDDLE_PAYLOAD_BYTES) {
      writeHeader(chunk, start - header, BINARY, length);
      stream.write(chunk.subarray(start - header, end), onFlushed);
    } else {
      const apart = Buffer.allocUnsafe(header);
      writeHeader(apart, 0, BINARY, length);
      stream.cork();
      stream.write(apart);
      stream.write(chunk.subarray(start, end), onFlushed);
      stream.uncork();
    }
    return !isFull;
  }

  protected frame(opcode: number, payload: Buffer): Buffer {
    return frame(opcode, payload);
  }
}
