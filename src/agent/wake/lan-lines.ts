import type { Socket } from 'node:net';
import { LIMITS } from '../../protocol/limits';

const KEEP_ALIVE_MS = 30_000;

/** Lines of text over a TCP connection on the LAN. A line that is too long, or a peer that does not read, ends it. */
export class LanLines {
  /** Never rejects. */
  readonly closed: Promise<void>;
  #unfinished = '';

  constructor(
    private readonly socket: Socket,
    onLine: (line: string) => void,
  ) {
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.setEncoding('latin1');
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => {
      const lines = (this.#unfinished + text).split('\n');
      this.#unfinished = lines.pop() ?? '';
      if ([...lines, this.#unfinished].some(({ length }) => length > LIMITS.WAKE_LINE_BYTES)) return this.cut();
      for (const line of lines) if (!socket.destroyed) onLine(line);
    });
  }

  write(line: string): void {
    if (this.socket.writableLength > LIMITS.WAKE_LINES * LIMITS.WAKE_LINE_BYTES) this.cut();
    else if (this.socket.writable) this.socket.write(`${line}\n`);
  }

  /** Ends the connection when everything has been written. */
  close(): void {
    this.socket.destroySoon();
    const force = setTimeout(() => this.cut(), LIMITS.XMPP_CLOSE_MS);
    void this.closed.then(() => clearTimeout(force));
  }

  cut(): void {
    this.socket.destroy();
  }
}
