import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LIMITS } from '../protocol/limits';
import type { Tunnel } from './http2-tunnel';
import { StreamRefused } from './http2-tunnel.errors';
import { splice, SPLICED_HIGH_WATER_MARK } from './splice';

export interface LocalPortEvents {
  /** Called before the first connection is opened through the tunnel. */
  onFirst(): void;
  /** Called when the agent refuses a connection. */
  onRefused(why: string): void;
  /** Called with each connection to the application, before its first byte is read. */
  onOpened?(stream: Duplex): void;
}

/** A port on 127.0.0.1 that serves one session after the other. */
export abstract class TunnelPort {
  protected serving: { readonly tunnel: Tunnel; readonly events: LocalPortEvents } | undefined;
  private readonly sockets = new Set<Socket>();
  private used = false;

  protected constructor(private readonly server: Server) {
    server.maxConnections = LIMITS.TUNNEL_STREAMS;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  /** 0: any free port. @throws the error of `listen` */
  protected async listen(port: number): Promise<this> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  serve(tunnel: Tunnel, events: LocalPortEvents): void {
    this.serving = { tunnel, events };
    this.used = false;
  }

  /** Before each connection is opened through the tunnel. */
  protected use(): void {
    if (!this.used) this.serving?.events.onFirst();
    this.used = true;
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
}

/** Forwards each connection to the device's application, over one CONNECT stream. */
export class LocalPort extends TunnelPort {
  private constructor(server: Server) {
    super(server);
    server.on('connection', (socket) => void this.carry(socket));
  }

  /** Binds 127.0.0.1; connections are dropped until `serve`. 0: any free port. @throws the error of `listen` */
  static open(port: number): Promise<LocalPort> {
    const options = { allowHalfOpen: true, noDelay: true, highWaterMark: SPLICED_HIGH_WATER_MARK };
    return new LocalPort(createServer(options)).listen(port);
  }

  private async carry(socket: Socket): Promise<void> {
    socket.on('error', () => undefined); // `close` follows
    if (!this.serving) return void socket.destroy();
    const { tunnel, events } = this.serving;
    this.use();
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
