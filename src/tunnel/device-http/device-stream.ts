import { Duplex } from 'node:stream';
import { TolerantHttp } from './tolerant-http';

/** A connection to a device for Node's HTTP client, which reads responses as browsers do. */
export class DeviceStream extends Duplex {
  private readonly http = new TolerantHttp();

  constructor(private readonly wire: Duplex) {
    super({ allowHalfOpen: true });
    this.on('error', () => undefined); // the exchange fails with it; an idle connection has none
    wire.on('data', (bytes: Buffer) => this.received(() => this.http.read(bytes)));
    wire.once('end', () => {
      this.received(() => void this.http.end());
      this.push(null);
    });
    wire.on('error', (error) => this.destroy(error));
    wire.once('close', () => {
      // what it has sent is read to its end first
      if (wire.readableEnded && !this.readableEnded) this.once('end', () => this.destroy());
      else this.destroy();
    });
    wire.pause();
  }

  /** What follows is the response to the next request. */
  expectResponse(): void {
    this.http.expectResponse();
  }

  /** Whether the connection may carry another request. */
  get reusable(): boolean {
    return !this.destroyed && this.writable && !this.readableEnded && !this.http.rewritten;
  }

  private received(read: () => Buffer[] | void): void {
    try {
      for (const bytes of read() ?? []) if (!this.push(bytes)) this.wire.pause();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  override _read(): void {
    this.wire.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.wire.write(bytes, done);
  }

  override _writev(parts: { chunk: unknown; encoding: BufferEncoding }[], done: (error?: Error | null) => void): void {
    this.wire.write(Buffer.concat(parts.map(({ chunk }) => chunk as Buffer)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.wire.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.wire.destroy();
    done(error);
  }
}
