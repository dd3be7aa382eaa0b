import { constants } from 'node:crypto';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Journal } from '../../../journal/journal';
import { networkOf } from '../../../tunnel/network-of';
import { Pacer } from '../pacer';
import type { XmppLimits } from '../xmpp-limits';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  readonly limits: XmppLimits;
  readonly journal: Journal;
}

/**
 * Direct TLS (XEP-0368): there is no unencrypted phase that could be tampered with. Handshakes start at
 * XMPP_HANDSHAKES_PER_SECOND, one of each network in each round. None waits for another to end, so that peers that start one
 * and are silent delay no other.
 */
export class TlsListener {
  private readonly server: Server;
  private readonly perNetwork = new Map<string, number>();
  private readonly sockets = new Set<Socket>();
  /** By network, accepted and not yet read from. */
  private readonly waiting = new Map<string, { socket: Socket; since: number }[]>();
  private readonly pacer: Pacer;
  private readonly startHandshake: (socket: Socket) => void;

  constructor(
    private readonly options: ListenerOptions,
    accept: (socket: TLSSocket) => void,
  ) {
    const { key, certificate, limits } = options;
    const tls = createTlsServer(
      {
        key,
        cert: certificate,
        minVersion: 'TLSv1.2',
        secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
        ALPNProtocols: ['xmpp-client'],
        handshakeTimeout: limits.XMPP_TLS_HANDSHAKE_MS,
      },
      accept,
    );
    // Node only reports a failed or late handshake; the socket would stay open
    tls.on('tlsClientError', (_error, socket) => socket.destroy());
    this.startHandshake = (socket) => tls.emit('connection', socket);
    this.pacer = new Pacer(limits.XMPP_HANDSHAKES_PER_SECOND, () => this.startNext());
    this.server = createTcpServer({ pauseOnConnect: true }, (socket) => this.accept(socket));
    this.server.maxConnections = limits.XMPP_CONNECTIONS;
  }

  listen(): Promise<number> {
    const { host, port, journal } = this.options;
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        this.server.on('error', (error) => journal.unexpected(error, 'listening for agents'));
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  /** Accepts no more connections; those still open after XMPP_CLOSE_MS are destroyed. */
  close(): Promise<void> {
    if (!this.server.listening) return Promise.resolve();
    return new Promise((resolve) => {
      const destroyAll = () => this.sockets.forEach((socket) => socket.destroy());
      const timer = setTimeout(destroyAll, this.options.limits.XMPP_CLOSE_MS);
      this.server.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private accept(socket: Socket): void {
    const network = networkOf(socket.remoteAddress ?? '');
    this.count(socket, network);
    if (socket.destroyed) return;
    const others = this.waiting.get(network);
    const entry = { socket, since: performance.now() };
    if (others) others.push(entry);
    else this.waiting.set(network, [entry]);
    this.pacer.wake();
  }

  /**
   * Starts the handshake of the next connection. One that has waited for XMPP_TLS_HANDSHAKE_MS is closed: its peer gives up
   * soon, and serving it would only make the next ones wait for as long.
   * @returns false if none waits
   */
  private startNext(): boolean {
    const oldest = performance.now() - this.options.limits.XMPP_TLS_HANDSHAKE_MS;
    for (const [network, entries] of this.waiting) {
      const next = entries.shift();
      this.waiting.delete(network);
      if (entries.length > 0) this.waiting.set(network, entries);
      if (!next || next.socket.destroyed) continue;
      if (next.since > oldest) {
        this.startHandshake(next.socket);
        return true;
      }
      next.socket.destroy();
    }
    return false;
  }

  /** Before the handshake: a reset must not throw, and one network must not use up all connections. */
  private count(socket: Socket, network: string): void {
    const held = (this.perNetwork.get(network) ?? 0) + 1;
    this.perNetwork.set(network, held);
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.sockets.delete(socket);
      const left = (this.perNetwork.get(network) ?? 1) - 1;
      if (left > 0) this.perNetwork.set(network, left);
      else this.perNetwork.delete(network);
    });
    if (held > this.options.limits.XMPP_CONNECTIONS_PER_ADDRESS) socket.destroy();
  }
}
