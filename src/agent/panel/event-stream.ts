import type { ServerResponse } from 'node:http';

const CLIENTS = 32;
/** Keeps one address from using up all streams. */
const CLIENTS_PER_ADDRESS = 8;
/** A page with a longer queue is disconnected; it reconnects and receives the current state. */
const QUEUE_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;

/** Server-sent events (WHATWG HTML 9.2) to every open page; each event carries the whole state. */
export class EventStream {
  readonly #clients = new Set<ServerResponse>();
  readonly #heartbeat = setInterval(() => this.#write(': alive\n\n'), HEARTBEAT_MS);

  /** Closes the oldest page of an address that has too many. @returns false if too many pages are open in total */
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
