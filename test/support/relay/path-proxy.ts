import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A reverse proxy as used in front of a relay: one port; the beginning of its path decides where a WebSocket goes. */
export class PathProxy {
  /** Beginning of a path -> port on this machine. */
  readonly routes = new Map<string, number>();
  /** How many connections each has carried. */
  readonly carried = new Map<string, number>();
  readonly #sockets = new Set<Socket>();

  static async start(): Promise<PathProxy> {
    const proxy = new PathProxy(createServer());
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  private constructor(private readonly server: Server) {
    server.on('upgrade', (request, socket: Socket, head) => {
      const prefix = [...this.routes.keys()].find((each) => request.url!.startsWith(each));
      if (!prefix) return socket.destroy();
      this.carried.set(prefix, (this.carried.get(prefix) ?? 0) + 1);
      const pair = connect(this.routes.get(prefix)!, '127.0.0.1');
      const fields = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
      pair.write(`GET ${request.url} HTTP/1.1\r\n${fields.join('')}\r\n`);
      pair.write(head);
      for (const [from, to] of [
        [socket, pair],
        [pair, socket],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => to.destroy());
        from.pipe(to);
      }
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
