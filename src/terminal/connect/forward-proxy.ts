import { once } from 'node:events';
import { createServer, STATUS_CODES } from 'node:http';
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from 'node:http';
import { pipeline, type Duplex } from 'node:stream';
import { LIMITS } from '../../protocol/limits';
import { deviceRequest } from '../../tunnel/device-http/device-request';
import { DeviceStream } from '../../tunnel/device-http/device-stream';
import { fields, hopByHop } from '../../tunnel/device-http/header-fields';
import { NotHttp } from '../../tunnel/device-http/tolerant-http';
import { namedOrigins } from '../../tunnel/http2-tunnel';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import { TunnelPort } from '../../tunnel/local-port';
import { splice } from '../../tunnel/splice';

/** An absolute-form request target (RFC 9112 3.2.2): origin, and the rest as the client has written it. */
const ABSOLUTE = /^(https?:\/\/[^/?#@]+)((?:[/?#].*)?)$/i;
/** An authority-form one (RFC 9112 3.2.3). */
const AUTHORITY = /^([^/?#@]+):(\d{1,5})$/;
/** Fields that do not reach the device; its content is sent without waiting for 100. */
const OF_PROXY = ['host', 'expect', 'proxy-authorization', 'proxy-authenticate'];

/** What a client reads instead of the device's answer. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * An HTTP proxy (RFC 9110 7.6, CONNECT 9.3.6) on 127.0.0.1 to the origins of one application, each under its own name. It
 * dials nothing but the tunnel: what is not one of them is refused. With CONNECT, the client speaks TLS with the device.
 */
export class ForwardProxy extends TunnelPort {
  private constructor(server: Server) {
    super(server);
    server.on('request', (request, response) => void this.forward(request, response));
    server.on('connect', (request: IncomingMessage, socket, head: Buffer) => void this.carry(request, socket, head));
  }

  /** Binds 127.0.0.1; requests are refused until `serve`. 0: any free port. @throws the error of `listen` */
  static open(port: number): Promise<ForwardProxy> {
    // an upload may take long
    const server = createServer({ maxHeaderSize: LIMITS.BROWSER_HEADER_BYTES, requestTimeout: 0, noDelay: true });
    return new ForwardProxy(server).listen(port);
  }

  /** The application's own origin first; the agent names them with its first connection. @throws StreamRefused */
  async origins(): Promise<readonly string[]> {
    const tunnel = this.serving?.tunnel;
    if (!tunnel) throw new StreamRefused(503, 'the session is not connected');
    if (tunnel.applicationOrigin === undefined) {
      this.use();
      (await tunnel.connect()).destroy();
    }
    return namedOrigins(tunnel);
  }

  /** @param matching finds the wanted origin among the permitted ones @throws Refusal, StreamRefused */
  private async dial(wanted: string, matching: (origin: string) => boolean, clientTls = false): Promise<Duplex> {
    const origins = await this.origins();
    const origin = origins.find(matching);
    if (origin === undefined) throw new Refusal(403, notPermitted(wanted, origins));
    this.use();
    const { tunnel } = this.serving ?? {};
    if (!tunnel) throw new StreamRefused(503, 'the session is not connected');
    return tunnel.connect({ origin, clientTls: clientTls && origin.startsWith('https:') });
  }

  /** A request in absolute form. */
  private async forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined); // `close` of the response follows
    try {
      const [, named, rest = ''] = ABSOLUTE.exec(request.url ?? '') ?? [];
      if (named === undefined || !URL.canParse(named)) throw new Refusal(400, NOT_FOR_PROXY);
      const { origin: wanted, host } = new URL(named);
      const stream = new DeviceStream(await this.dial(wanted, (origin) => origin === wanted));
      if (response.destroyed) return void stream.destroy();
      response.once('close', () => stream.destroy());
      request.url = rest.startsWith('/') ? rest : `/${rest}`;
      await exchange(request, response, deviceRequest(request, requestHeaders(request, host), stream));
    } catch (error) {
      const refusal = this.refused(error);
      if (response.headersSent) return void response.destroy();
      response.writeHead(refusal.status, refusalFields(refusal)).end(request.method === 'HEAD' ? '' : textOf(refusal));
    }
  }

  /** CONNECT: the bytes of one TCP connection. */
  private async carry(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => undefined); // `close` follows
    try {
      const [, host, port] = AUTHORITY.exec(request.url ?? '') ?? [];
      if (host === undefined || !URL.canParse(`http://${host}:${port}`)) throw new Refusal(400, NOT_FOR_PROXY);
      const named = ['http:', 'https:'].map((scheme) => new URL(`${scheme}//${host}:${port}`).origin);
      const remote = await this.dial(named[1]!, (origin) => named.includes(origin), true);
      if (socket.destroyed) return void remote.destroy();
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) socket.unshift(head);
      await splice(socket, remote);
    } catch (error) {
      const refusal = this.refused(error);
      const lines = Object.entries(refusalFields(refusal)).map(([name, value]) => `${name}: ${value}`);
      const start = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`;
      socket.end([start, ...lines, '', textOf(refusal)].join('\r\n'));
    }
  }

  private refused(error: unknown): Refusal {
    const refusal = asRefusal(error);
    this.serving?.events.onRefused(refusal.message);
    return refusal;
  }
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StreamRefused) return new Refusal(error.status, error.message);
  if (error instanceof NotHttp) return new Refusal(502, `the answer of the device is not valid HTTP: ${error.message}`);
  return new Refusal(502, 'the connection to the device was cut');
}

const NOT_FOR_PROXY =
  'this port is an HTTP proxy, not a web page: use it as the proxy of a client, such as curl -x, and request the address ' +
  'of the device';
const notPermitted = (wanted: string, [own, ...others]: readonly string[]): string =>
  `${wanted} is not part of this session, which reaches ${[own, ...others].join(', ')}. If it belongs to the device, ask ` +
  `its owner to add "${wanted}" to the "origins" of the application in the agent's configuration, then request access again`;

const textOf = ({ message }: Refusal): string => `platen connect --proxy: ${message}.\n`;
const refusalFields = (refusal: Refusal) => ({
  'Content-Type': 'text/plain; charset=utf-8',
  'Content-Length': Buffer.byteLength(textOf(refusal)),
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  Connection: 'close',
});

/** One request for each connection: the device closes it, and the next request may be for another origin. */
function requestHeaders({ rawHeaders, headers }: IncomingMessage, host: string): string[] {
  const ends = hopByHop(rawHeaders);
  const kept = [...fields(rawHeaders)].filter(([name]) => !ends(name) && !OF_PROXY.includes(name.toLowerCase()));
  const framing = headers['transfer-encoding'] === undefined ? [] : ['Transfer-Encoding', 'chunked'];
  return ['Host', host, ...kept.flat(), ...framing, 'Connection', 'close'];
}

/** Resolves when the answer has begun; from then on, a failure cuts it. Rejects if Node would not write its header, too. */
async function exchange(request: IncomingMessage, response: ServerResponse, sent: ClientRequest): Promise<void> {
  sent.on('error', () => undefined); // `once` rejects with it; later, the answer fails
  request.pipe(sent); // a pipeline would cut the client before it has read the refusal
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const ends = hopByHop(answer.rawHeaders);
  const kept = [...fields(answer.rawHeaders)].filter(([name]) => !ends(name) && name.toLowerCase() !== 'trailer');
  response.sendDate = false;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, kept.flat());
  response.flushHeaders();
  pipeline(answer, response, () => undefined);
}
