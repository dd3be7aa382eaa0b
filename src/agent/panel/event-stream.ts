import type { ServerResponse } from 'node:http';

const CLIENTS = 32;
/** More streams from one address are forgotten ones, or keep other displays out. */
const CLIENTS_PER_ADDRESS = 8;
/** A page that reads slower than this is dropped; it connects again and gets the present state. */
const QUEUE_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;

/** Server-sent events (WHATWG HTML 9.2) to every open page: each event is the whole state. */
export class EventStream {
  readonly #clients = new Set<ServerResponse>();
  readonly #heartbeat = setInterval(() => this.#write(': alive\n\n'), HEARTBEAT_MS);

  /** The oldest page of an address gives way to its ninth. false: too many pages are open. */
  add(response: ServerResponse, state: unknown): boolean {
    const address = response.req.socket.remoteAddress;
    const same = [...this.#clients].filter((client) => client.req.socket.remoteAddress === address);
    if (same.length >= CLIENTS_PER_ADDRESS) this.#drop(same[0]!);
    if (this.#clients.size >= CLIENTS) return false;
    this.#clients.add(response);
    response.once('close', () => this.#clients.delete(response));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`retry: 1000\n${eventOf(state)}`);
    return true;
  }

  send(state: unknown): void {
    if (this.#clients.size > 0) this.#write(eventOf(state));
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const client of this.#clients) client.destroy();
  }

  #drop(client: ServerResponse): void {
    this.#clients.delete(client);
    client.destroy();
  }

  #write(text: string): void {
    for (const client of this.#clients) {
      client.write(text);
      if (client.writableLength > QUEUE_BYTES) client.destroy();
    }
  }
}

const eventOf = (state: unknown): string => `data: ${JSON.stringify(state)}\n\n`;
