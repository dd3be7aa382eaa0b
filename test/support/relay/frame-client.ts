import type { EventEmitter } from 'node:events';
import { duplexPair, type Duplex } from 'node:stream';
import { Http2Connection } from '../../../src/tunnel/http2/connection';
import { END_HEADERS, frame, GOAWAY, HEADERS, PREFACE, settingsFrame } from '../../../src/tunnel/http2/frames';
import { encodeHeaders, type Headers } from '../../../src/tunnel/http2/hpack';
import type { Http2Stream } from '../../../src/tunnel/http2/stream';
import { until } from '../until';

export const CONNECT = { ':method': 'CONNECT', ':authority': 'web' };

export const request = (streamId: number, flags = END_HEADERS): Buffer =>
  frame(HEADERS, flags, streamId, encodeHeaders(CONNECT));

export async function collected(stream: Duplex): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

interface SentFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** An HTTP/2 client that writes frames as a test says, and the server of Platen at the other end. */
export class FrameClient {
  readonly bytes: Duplex;
  readonly peer: Duplex;
  readonly server: Http2Connection;
  readonly requests: { stream: Http2Stream; headers: Headers }[] = [];
  received: Buffer = Buffer.alloc(0);
  private isReading = true;

  constructor() {
    [this.bytes, this.peer] = duplexPair({ highWaterMark: 16 * 1024 });
    this.peer.on('error', () => undefined);
    this.server = new Http2Connection(this.bytes, 'server');
    this.server.on('request', (stream, headers) =>
      this.requests.push({ stream: stream.on('error', () => undefined), headers }),
    );
    this.peer.on('readable', () => {
      for (let chunk: Buffer | null; this.isReading && (chunk = this.peer.read() as Buffer | null);)
        this.received = Buffer.concat([this.received, chunk]);
    });
  }

  stop(): void {
    this.server.destroy();
    this.peer.destroy();
  }

  start(...more: Buffer[]): void {
    this.peer.write(Buffer.concat([PREFACE, settingsFrame([]), ...more]));
  }
  stopReading(): void {
    this.isReading = false;
  }
  readAgain(): void {
    this.isReading = true;
    (this.peer as EventEmitter).emit('readable');
  }

  /** What the server has sent. */
  sent(): SentFrame[] {
    const { received } = this;
    const found: SentFrame[] = [];
    for (let at = 0; at + 9 <= received.length;) {
      const length = received.readUIntBE(at, 3);
      const payload = received.subarray(at + 9, at + 9 + length);
      const [type, flags, streamId] = [received[at + 3]!, received[at + 4]!, received.readUInt32BE(at + 5)];
      found.push({ type, flags, streamId, payload });
      at += 9 + length;
    }
    return found;
  }
  numbers(type: number, streamId: number): number[] {
    return this.sent()
      .filter((each) => each.type === type && each.streamId === streamId)
      .map(({ payload }) => payload.readUInt32BE(0));
  }
  /** The code of the server's GOAWAY. */
  goaway(): Promise<number> {
    const found = () => this.sent().find(({ type }) => type === GOAWAY);
    return until('a goaway', () => found()?.payload.readUInt32BE(4) ?? false);
  }
}
