import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LIMITS } from '../protocol/limits';
import type { Tunnel } from './http2-tunnel';
import { StreamRefused } from './http2-tunnel.errors';
import { splice } from './splice';

export interface LocalPortEvents {
  /** Called before the first connection is opened through the tunnel. */
  onFirst(): void;
  /** Called when the agent refuses a connection. */
  onRefused(why: string): void;
  /** Called with each connection to the application, before its first byte is read. */
  onOpened?(stream: Duplex): void;
}

/** A local TCP port that forwards each connection to the device's application, over one CONNECT stream. */
export class LocalPort {
  private readonly sockets = new Set<Socket>();
  private serving: { tunnel: Tunnel; events: LocalPortEvents } | undefined;
  private used = false;

  private constructor(private readonly server: Server) {
    server.maxConnections = LIMITS.TUNNEL_STREAMS;
    server.on('connection', (socket) => this.accept(socket));
  }

  /** Binds 127.0.0.1; connections are dropped until `serve`. 0: any free port. @throws the error of `listen` */
  static async open(port: number): Promise<LocalPort> {
    const local = new LocalPort(createServer({ allowHalfOpen: true, noDelay: true }));
    local.server.listen(port, '127.0.0.1');
    await once(local.server, 'listening');
    return local;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  serve(tunnel: Tunnel, events: LocalPortEvents): void {
    this.serving = { tunnel, events };
    this.used = false;
  }

  /** Closes the connections and keeps the port for the next `serve`. */
  suspend(): void {
    this.serving = undefined;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Closes the port and its connections. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.suspend();
    await closed;
  }

  private accept(socket: Socket): void {
    socket.on('error', () => undefined); // `close` follows
    if (!this.serving) {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    void this.carry(socket, this.serving.tunnel, this.serving.events);
  }

  private async carry(socket: Socket, tunnel: Tunnel, events: LocalPortEvents): Promise<void> {
    if (!this.used) events.onFirst();
    this.used = true;
    try {
      const remote = await tunnel.connect();
      if (socket.destroyed) return void remote.destroy();
      events.onOpened?.(remote);
      await splice(socket, remote);
    } catch (error) {
      socket.destroy();
      events.onRefused(error instanceof StreamRefused ? error.message : String(error));
    }
  }
}
