import { constants } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Journal } from '../../../journal/journal';
import { networkOf } from '../login/network-of';
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

/** Direct TLS (XEP-0368): there is no unencrypted phase that could be tampered with. */
export class TlsListener {
  private readonly server: Server;
  private readonly perNetwork = new Map<string, number>();
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly options: ListenerOptions,
    accept: (socket: TLSSocket) => void,
  ) {
    const { key, certificate, limits } = options;
    this.server = createServer(
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
    this.server.maxConnections = limits.XMPP_CONNECTIONS;
    this.server.on('connection', (socket: Socket) => this.count(socket));
    // Node only reports a failed or late handshake; the socket would stay open
    this.server.on('tlsClientError', (_error, socket) => socket.destroy());
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

  /** Before the handshake: a reset must not throw, and one network must not use up all connections. */
  private count(socket: Socket): void {
    const network = networkOf(socket.remoteAddress ?? '');
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
