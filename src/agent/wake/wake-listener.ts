import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { LIMITS } from '../../protocol/limits';
import { WAKE_LINE, type WakeAnswer } from '../../protocol/wake';

const LINE_MS = 5_000;
const CONNECTIONS = 8;

/** Listens on the LAN for a substitute: one line in, one word out (protocol/wake.ts). */
export class WakeListener {
  readonly #server: Server;

  /** @param accept returns whether the sealed request wakes this agent */
  constructor(accept: (sealed: string) => boolean) {
    this.#server = createServer((socket) => serve(socket, accept));
    this.#server.maxConnections = CONNECTIONS;
  }

  /** Rejects if the address is not available. */
  async listen(host: string, port: number): Promise<void> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await once(this.#server.close(), 'close');
  }
}

function serve(socket: Socket, accept: (sealed: string) => boolean): void {
  let line = '';
  const answer = (word: WakeAnswer): void => void socket.end(`${word}\n`);
  const late = setTimeout(() => socket.destroy(), LINE_MS);
  socket.setEncoding('latin1');
  socket.on('error', () => undefined);
  socket.on('close', () => clearTimeout(late));
  socket.on('data', (text: string) => {
    line += text;
    if (line.length > LIMITS.WAKE_LINE_BYTES) return socket.destroy();
    if (!line.includes('\n')) return undefined;
    socket.removeAllListeners('data');
    const [name, sealed = ''] = line.trimEnd().split(' ');
    return answer(name === WAKE_LINE && accept(sealed) ? 'taken' : 'refused');
  });
}
