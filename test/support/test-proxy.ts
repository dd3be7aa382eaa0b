import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { OutboundProxy, ProxyServer } from '../../src/tunnel/outbound-proxy';
import type { TestCertificate } from './test-certificate';

/** What it does with CONNECT: `connect` to the server, `silence`, or answer with this text. */
type Behaviour = string;

/** An HTTP proxy on loopback that only permits CONNECT. It is the only one that can resolve the names it leads to. */
export class TestProxy {
  behaviour: Behaviour = 'connect';
  /** `user:password` that it demands. */
  login: string | undefined;
  /** With it, it intercepts TLS: clients see this certificate. */
  interception: TestCertificate | undefined;
  /** Every CONNECT, as `host:port`. */
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(
    private readonly host: string,
    private readonly certificate?: TestCertificate,
  ) {
    this.#server = certificate ? createTlsServer(certificate) : createServer();
    this.#server.on('request', (_request, answer) => answer.writeHead(405).end());
  }

  /**
   * @param host a name that leads to this computer through the proxy
   * @param certificate it is reached over TLS; self-made
   */
  static async start(host = 'platen.test', certificate?: TestCertificate): Promise<TestProxy> {
    const proxy = new TestProxy(host, certificate);
    proxy.#server.on('connection', (socket: Duplex) => proxy.#keep(socket));
    proxy.#server.on('connect', (request, socket, head) => proxy.#connect(request, socket, head));
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get server(): ProxyServer {
    const { certificate } = this;
    const address = { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
    return { ...address, ...(certificate && { tls: { authority: certificate.cert } }) };
  }

  get outbound(): OutboundProxy {
    return { server: this.server, except: '' };
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #connect({ url = '', headers }: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.asked.push(url);
    this.#keep(socket);
    if (this.behaviour === 'silence') return;
    if (this.behaviour !== 'connect') return void socket.end(this.behaviour);
    const login = Buffer.from((headers['proxy-authorization'] ?? '').replace(/^Basic /, ''), 'base64').toString();
    if (this.login !== undefined && login !== this.login)
      return void socket.end('HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n');
    const [, host, port] = /^(.*):(\d+)$/.exec(url) ?? [];
    if (host !== this.host) return void socket.end('HTTP/1.1 502 Unknown host\r\nContent-Length: 0\r\n\r\n');
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    this.#lead(socket, Number(port));
  }

  #lead(socket: Duplex, port: number): void {
    const { interception } = this;
    if (!interception) return this.#join(socket, connect(port, '127.0.0.1'));
    const { cert, key } = interception;
    const client = new TLSSocket(socket, {
      isServer: true,
      cert,
      key,
      ALPNCallback: ({ protocols }: { protocols: string[] }) => protocols[0],
    });
    client.on('error', () => undefined);
    client.once('secure', () => {
      const alpn = client.alpnProtocol ? [client.alpnProtocol] : [];
      const server = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: alpn });
      this.#join(client, server);
    });
  }

  #join(client: Duplex, server: Duplex): void {
    this.#keep(server);
    client.pipe(server).pipe(client);
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket.on('error', () => undefined));
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
