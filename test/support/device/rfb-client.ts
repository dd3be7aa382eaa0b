import type { Duplex } from 'node:stream';
import { until } from '../until';
import { vncResponse } from './vnc-server';

/** A minimal VNC client (RFC 6143, RFB 3.8, security types None and VNC Authentication). */
export class RfbClient {
  #bytes = Buffer.alloc(0);

  private constructor(private readonly stream: Duplex) {
    stream.on('error', () => undefined);
    stream.on('data', (data: Buffer) => (this.#bytes = Buffer.concat([this.#bytes, data])));
  }

  /** Connects; resolves when the server has described its screen. */
  static async open(stream: Duplex, password?: string): Promise<RfbClient> {
    const client = new RfbClient(stream);
    stream.write(await client.#take(12));
    const [count = 0] = await client.#take(1);
    await client.#take(count);
    stream.write(Buffer.from([password === undefined ? 1 : 2]));
    if (password !== undefined) stream.write(vncResponse(password, await client.#take(16)));
    if ((await client.#take(4)).readUInt32BE() !== 0) throw new Error('the VNC server refuses');
    stream.write(Buffer.from([0]));
    const init = await client.#take(24);
    await client.#take(init.readUInt32BE(20));
    stream.write(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0])); // SetEncodings: raw only
    return client;
  }

  press(keysym: number): void {
    for (const down of [1, 0]) this.stream.write(Buffer.from([4, down, 0, 0, 0, 0, keysym >> 8, keysym & 0xff]));
  }
  click(x: number, y: number): void {
    for (const buttons of [1, 0]) this.stream.write(Buffer.from([5, buttons, x >> 8, x & 0xff, y >> 8, y & 0xff]));
  }

  /** Requests one pixel: when it arrives, the server has read everything before. @returns bytes of the pixel */
  async look(): Promise<Buffer> {
    this.stream.write(Buffer.from([3, 0, 0, 0, 0, 0, 0, 1, 0, 1]));
    const head = await this.#take(4);
    if (head[0] !== 0 || head.readUInt16BE(2) !== 1) throw new Error(`the VNC server sent ${head.toString('hex')}`);
    await this.#take(12);
    return this.#take(4);
  }

  close(): void {
    this.stream.destroy();
  }

  async #take(count: number): Promise<Buffer> {
    await until(`${count} bytes of the VNC server`, () => this.#bytes.length >= count);
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }
}
