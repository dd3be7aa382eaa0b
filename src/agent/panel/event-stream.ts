import type { ServerResponse } from 'node:http';

const CLIENTS = 32;
/** A page with a longer queue is disconnected; it reconnects and receives the current state. */
const QUEUE_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;

/**
 * Server-sent events (WHATWG HTML 9.2) to every open page; each event carries the whole state. A page has an audience,
 * which decides what it sees: an address, or a login.
 */
export class EventStream {
  readonly #clients = new Map<ServerResponse, string>();
  readonly #heartbeat = setInterval(() => this.#writeEach(() => ': alive\n\n'), HEARTBEAT_MS);

  /**
   * @param stateOf what an audience sees; undefined closes its pages
   * @param perAudience keeps one audience from using up all streams
   */
  constructor(
    private readonly stateOf: (audience: string) => object | undefined,
    private readonly perAudience: number,
  ) {}

  /** Closes the oldest page of an audience that has too many. @returns false if too many pages are open in total */
  add(response: ServerResponse, audience: string): boolean {
    const same = [...this.#clients].filter(([, each]) => each === audience);
    if (same.length >= this.perAudience) this.#drop(same[0]![0]);
    if (this.#clients.size >= CLIENTS) return false;
    this.#clients.set(response, audience);
    response.once('close', () => this.#clients.delete(response));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`retry: 1000\n${eventOf(this.stateOf(audience))}`);
    return true;
  }

  /** Sends its current state to every page. */
  changed(): void {
    this.#writeEach(eventOf);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const client of this.#clients.keys()) client.destroy();
  }

  #drop(client: ServerResponse): void {
    this.#clients.delete(client);
    client.destroy();
  }

  #writeEach(textOf: (state: object) => string): void {
    const texts = new Map<string, string | undefined>();
    for (const [client, audience] of this.#clients) {
      if (!texts.has(audience)) {
        const state = this.stateOf(audience);
        texts.set(audience, state && textOf(state));
      }
      const text = texts.get(audience);
      if (text === undefined) {
        this.#drop(client);
        continue;
      }
      client.write(text);
      if (client.writableLength > QUEUE_BYTES) client.destroy();
    }
  }
}

const eventOf = (state: object | undefined): string => `data: ${JSON.stringify(state)}\n\n`;
