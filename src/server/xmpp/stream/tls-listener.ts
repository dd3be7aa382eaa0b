import { constants } from 'node:crypto';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Journal } from '../../../journal/journal';
import { readFirstBytes, type FirstBytesMissing } from '../../../tunnel/first-bytes';
import { networkOf } from '../../../tunnel/network-of';
import { readProxyHeader, type ProxyHeaderRefused } from '../../../tunnel/proxy-protocol';
import { proxyMatcher } from '../../../tunnel/reverse-proxies';
import { Pacer } from '../pacer';
import type { XmppLimits } from '../xmpp-limits';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  /** Addresses and networks of reverse proxies, which send the PROXY protocol first; as parsed by `proxySetting`. */
  readonly proxies?: readonly string[];
  readonly limits: XmppLimits;
  readonly journal: Journal;
}

/** A wrong configuration of the proxy must not fill the log. */
const LOG_MS = 60_000;

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
  private readonly isProxy: (address: string) => boolean;
  /** Addresses of clients behind a proxy, by connection. */
  private readonly proxied = new Map<string, string>();
  private proxyLoggedAt = -Infinity;
  private isClosing = false;

  /** @param onAgent gets the address of the agent, also behind a proxy */
  constructor(
    private readonly options: ListenerOptions,
    onAgent: (socket: TLSSocket, address: string) => void,
  ) {
    const { key, certificate, limits } = options;
    this.isProxy = proxyMatcher(options.proxies ?? []);
    const tls = createTlsServer(
      {
        key,
        cert: certificate,
        minVersion: 'TLSv1.2',
        secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
        ALPNProtocols: ['xmpp-client'],
        handshakeTimeout: limits.XMPP_TLS_HANDSHAKE_MS,
      },
      (socket) => onAgent(socket, this.proxiedAddress(socket) ?? socket.remoteAddress ?? ''),
    );
    // Node only reports a failed or late handshake; the socket would stay open
    tls.on('tlsClientError', (_error, socket) => socket.destroy());
    this.startHandshake = (socket) => tls.emit('connection', socket);
    this.pacer = new Pacer(limits.XMPP_HANDSHAKES_PER_SECOND, () => this.startNext());
    this.server = createTcpServer({ pauseOnConnect: true }, (socket) => {
      if (this.isProxy(socket.remoteAddress ?? '')) void this.acceptProxied(socket);
      else this.accept(socket);
    });
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
  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.isClosing = true;
    const destroyAll = () => this.sockets.forEach((socket) => socket.destroy());
    const timer = setTimeout(destroyAll, this.options.limits.XMPP_CLOSE_MS);
    const closed = [this.server, ...this.sockets].map((one) => new Promise((resolve) => one.once('close', resolve)));
    this.server.close();
    await Promise.all(closed);
    clearTimeout(timer);
  }

  /** Takes over a connection on which nothing was sent yet, also one that another listener has accepted. */
  accept(socket: Socket, address = socket.remoteAddress ?? ''): void {
    this.keep(socket);
    const network = networkOf(address);
    this.count(socket, network);
    if (socket.destroyed) return;
    const others = this.waiting.get(network);
    const entry = { socket, since: performance.now() };
    if (others) others.push(entry);
    else this.waiting.set(network, [entry]);
    this.pacer.wake();
  }

  /** The proxy names the client first. Without that, all agents would count as one, so nothing else is accepted. */
  private async acceptProxied(socket: Socket): Promise<void> {
    this.keep(socket);
    const connection = connectionOf(socket);
    try {
      const { address } = await readFirstBytes(socket, readProxyHeader, this.options.limits.XMPP_PROXY_HEADER_MS);
      if (address !== undefined) {
        this.proxied.set(connection, address);
        socket.once('close', () => this.proxied.delete(connection));
      }
      this.accept(socket, address);
    } catch (error) {
      socket.destroy();
      const { code } = error as ProxyHeaderRefused | FirstBytesMissing;
      // some health checks only connect
      if (code === 'closed' || performance.now() - this.proxyLoggedAt < LOG_MS) return;
      this.proxyLoggedAt = performance.now();
      this.options.journal.warn(
        'the reverse proxy in PLATEN_XMPP_TRUST_PROXY must send the PROXY protocol; its connection was refused',
        { reason: code === 'late' ? 'proxy-header-missing' : code, address: connection.split(' ')[0] },
      );
    }
  }

  private proxiedAddress(socket: TLSSocket): string | undefined {
    return this.proxied.size > 0 ? this.proxied.get(connectionOf(socket)) : undefined;
  }

  /** A reset must not throw, and no connection may outlive this listener. */
  private keep(socket: Socket): void {
    if (this.sockets.has(socket)) return;
    socket.on('error', () => undefined);
    if (this.isClosing || socket.destroyed || this.sockets.size >= this.options.limits.XMPP_CONNECTIONS)
      return void socket.destroy();
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
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

  /** One network must not use up all connections. */
  private count(socket: Socket, network: string): void {
    if (socket.destroyed) return;
    const held = (this.perNetwork.get(network) ?? 0) + 1;
    this.perNetwork.set(network, held);
    socket.once('close', () => {
      const left = (this.perNetwork.get(network) ?? 1) - 1;
      if (left > 0) this.perNetwork.set(network, left);
      else this.perNetwork.delete(network);
    });
    if (held > this.options.limits.XMPP_CONNECTIONS_PER_ADDRESS) socket.destroy();
  }
}

/** Identifies a connection: a TCP socket and its TLS socket have the same addresses and ports. */
const connectionOf = ({ remoteAddress, remotePort, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localPort}`;
