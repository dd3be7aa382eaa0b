import { LIMITS } from '../protocol/limits';
import type { FirstBytes } from './first-bytes';

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const ALPN = 16;
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;

/**
 * The protocols that a TLS client offers in its ClientHello (RFC 8446 4.1.2, RFC 7301 3.1), which may be split over records.
 * Empty if it offers none, and for everything that is no ClientHello: TLS then answers it as it should. All bytes remain.
 * @returns undefined if more bytes are needed, at most up to CLIENT_HELLO_BYTES
 */
export function offeredProtocols(bytes: Buffer): FirstBytes<string[]> | undefined {
  try {
    const message = firstMessage(bytes);
    if (message === undefined && bytes.length < LIMITS.CLIENT_HELLO_BYTES) return undefined;
    return { value: message ? protocolsIn(message) : [], length: 0 };
  } catch (error) {
    if (error instanceof RangeError) return { value: [], length: 0 };
    throw error;
  }
}

/** The body of the ClientHello; undefined if it is not complete. @throws RangeError if the bytes are something else */
function firstMessage(bytes: Buffer): Buffer | undefined {
  let handshake = Buffer.alloc(0);
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== HANDSHAKE_RECORD) throw new RangeError('not a handshake');
    if (at + RECORD_HEADER > bytes.length) return undefined;
    const end = at + RECORD_HEADER + bytes.readUInt16BE(at + 3);
    handshake = Buffer.concat([handshake, bytes.subarray(at + RECORD_HEADER, end)]);
    at = end;
    if (handshake.length > 0 && handshake[0] !== CLIENT_HELLO) throw new RangeError('not a ClientHello');
    if (handshake.length < MESSAGE_HEADER) continue;
    const length = MESSAGE_HEADER + handshake.readUIntBE(1, 3);
    if (handshake.length >= length) return handshake.subarray(MESSAGE_HEADER, length);
  }
  return undefined;
}

/** @throws RangeError if a length leads beyond the message */
function protocolsIn(message: Buffer): string[] {
  const hello = new Vectors(message);
  hello.skip(2 + 32); // version, random
  hello.next(1); // session ID
  hello.next(2); // cipher suites
  hello.next(1); // compression methods
  const extensions = hello.next(2);
  while (!extensions.isEmpty) {
    const type = extensions.number(2);
    const data = extensions.next(2);
    if (type !== ALPN) continue;
    const names = data.next(2);
    const protocols: string[] = [];
    while (!names.isEmpty) protocols.push(names.next(1).text());
    return protocols;
  }
  return [];
}

/** The vectors of TLS: each with its length in front (RFC 8446 3.4). */
class Vectors {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isEmpty(): boolean {
    return this.at >= this.bytes.length;
  }

  skip(length: number): Buffer {
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('beyond the end');
    const skipped = this.bytes.subarray(this.at, end);
    this.at = end;
    return skipped;
  }

  number(size: number): number {
    return this.skip(size).readUIntBE(0, size);
  }

  next(sizeOfLength: number): Vectors {
    return new Vectors(this.skip(this.number(sizeOfLength)));
  }

  text(): string {
    return this.bytes.toString('latin1');
  }
}
