import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a relay that can fall silent: its connections stay open then, and carry nothing. */
export class SilentPath {
  /** How many it has accepted. */
  connections = 0;
  readonly #carrying = new Set<[Socket, Socket]>();
  readonly #sockets = new Set<Socket>();

  /** @param url of the relay */
  static async to(url: string): Promise<SilentPath> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SilentPath(server, new URL(url));
  }

  private constructor(
    private readonly server: Server,
    private readonly relay: URL,
  ) {
    server.on('connection', (peer) => this.#carry(peer));
  }

  /** To dial instead of the relay. */
  get url(): string {
    const url = new URL(this.relay);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** The present connections carry nothing from now on; others do. */
  fallSilent(): void {
    for (const [from, to] of this.#carrying) from.unpipe(to).pause();
    this.#carrying.clear();
  }

  /** Accepts no more connections. */
  refuse(): void {
    this.server.close();
  }

  strike(): void {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(peer: Socket): void {
    this.connections++;
    const relay = connect(Number(this.relay.port), this.relay.hostname);
    for (const [from, to] of [
      [peer, relay],
      [relay, peer],
    ] as [Socket, Socket][]) {
      this.#sockets.add(from);
      this.#carrying.add([from, to]);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  }
}
