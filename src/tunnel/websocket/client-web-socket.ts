import type { Socket } from 'node:net';
import { openHandshake, type WebSocketAddress } from './client-handshake';
import { BINARY, MASKED_HEADER_BYTES, writeMasked } from './frames';
import { maskingKey } from './masking-keys';
import { WebSocketEnd } from './web-socket-end';

/** A message with its header is as long as what Node reads at a time, so the reader of the other end finds it whole. */
const MESSAGE_BYTES = 64 * 1024 - MASKED_HEADER_BYTES;
/** Shorter messages have memory of their own: many of them would otherwise keep much more memory than their bytes. */
const POOLED_FROM_BYTES = 16 * 1024;
const MOST_POOLED = 8;
/** Memory of messages that were sent, for the next ones. */
const pool: Buffer[] = [];

/** A WebSocket at the side of the client. */
export class ClientWebSocket extends WebSocketEnd {
  #stream: Socket | undefined;
  readonly #cutHandshake: () => void;

  constructor(address: WebSocketAddress) {
    super('server');
    this.#cutHandshake = openHandshake(
      address,
      (stream, head) => this.#onOpen(stream, head),
      (error) => this.#onFailed(error),
    );
  }

  /**
   * Sends the pieces as binary messages. They are copied: masking must not change what the caller may still need.
   * @returns whether the queue has room; if not, `drain` follows
   */
  sendPieces(pieces: readonly Buffer[]): boolean {
    let hasRoom = true;
    // Each write is a system call, and the last message is often short.
    this.#stream?.cork();
    for (const [message, bytes] of messagesOf(pieces)) if (!this.#sendMessage(message, bytes)) hasRoom = false;
    this.#stream?.uncork();
    return hasRoom;
  }

  /** Cuts the connection, also during the opening handshake. */
  override terminate(): void {
    this.#cutHandshake();
    super.terminate();
  }

  protected frame(opcode: number, payload: Buffer): Buffer {
    const bytes = Buffer.allocUnsafe(MASKED_HEADER_BYTES + payload.length);
    return bytes.subarray(0, writeMasked(bytes, opcode, [payload], payload.length, maskingKey()));
  }

  #sendMessage(pieces: readonly Buffer[], bytes: number): boolean {
    const stream = this.#stream;
    if (!stream || this.readyState !== this.OPEN) return true;
    const isFull = this.willFill(bytes);
    const onFlushed = isFull ? this.filling() : undefined;
    const isPooled = bytes >= POOLED_FROM_BYTES;
    const memory = isPooled
      ? (pool.pop() ?? Buffer.allocUnsafeSlow(MASKED_HEADER_BYTES + MESSAGE_BYTES))
      : Buffer.allocUnsafe(MASKED_HEADER_BYTES + bytes);
    const frame = memory.subarray(0, writeMasked(memory, BINARY, pieces, bytes, maskingKey()));
    if (!isPooled) stream.write(frame, onFlushed);
    else
      stream.write(frame, () => {
        if (pool.length < MOST_POOLED) pool.push(memory);
        onFlushed?.();
      });
    return !isFull;
  }

  #onOpen(stream: Socket, head: Buffer): void {
    this.#stream = stream;
    this.use(stream);
    this.emit('open');
    if (head.length > 0) this.receive(head);
  }

  #onFailed(error: Error): void {
    // After the constructor, so that there are listeners.
    setImmediate(() => {
      this.emit('error', error);
      this.onClosed();
    });
  }
}

/** Cuts pieces into messages: the pieces of each, and their bytes. */
function* messagesOf(pieces: readonly Buffer[]): Generator<[pieces: readonly Buffer[], bytes: number]> {
  let [message, bytes]: [Buffer[], number] = [[], 0];
  for (const piece of pieces)
    for (let from = 0; from < piece.length;) {
      const taken = piece.subarray(from, from + MESSAGE_BYTES - bytes);
      from += taken.length;
      bytes += taken.length;
      message.push(taken);
      if (bytes < MESSAGE_BYTES) continue;
      yield [message, bytes];
      [message, bytes] = [[], 0];
    }
  if (bytes > 0) yield [message, bytes];
}
