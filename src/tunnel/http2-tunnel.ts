import { type EventEmitter, once } from 'node:events';
import type { Duplex } from 'node:stream';
import { LIMITS } from '../protocol/limits';
import { Http2Connection } from './http2/connection';
import type { Headers } from './http2/hpack';
import type { Http2Stream } from './http2/stream';
import { StreamRefused } from './http2-tunnel.errors';
import {
  applicationOf,
  connected,
  connectRequest,
  destinationIn,
  originIn,
  otherOriginsIn,
  refusalIn,
  refused,
  type ApplicationOrigins,
  type Destination,
} from './relaying-header';
import { splice } from './splice';
import { TunnelWindows } from './tunnel-windows';

export interface TunnelServer {
  close(): void;
  /** Never rejects. */
  readonly closed: Promise<void>;
}

export interface TunnelServerOptions {
  readonly remoteSessionId: string;
  /**
   * S235, S237: connection to the application; to another of its origins if one is named, which `open` has to check. May
   * throw StreamRefused; other errors are answered with 502.
   */
  open(applicationId: string, destination: Destination): Promise<Duplex>;
  /** Origins of the application at the device (`http://host:port`); none if it does not speak HTTP. */
  originsOf?(applicationId: string): ApplicationOrigins;
  /** A stream has been opened; `ended` resolves when both directions have ended. */
  onStream?(applicationId: string, ended: Promise<void>): void;
}

/** The agent's end: an HTTP/2 server on the byte stream, with one CONNECT stream for each connection to an application. */
export function serveTunnel(bytes: Duplex, options: TunnelServerOptions): TunnelServer {
  const connection = new Http2Connection(bytes, 'server');
  const windows = new TunnelWindows(connection, bytes);
  connection.on('request', (stream, headers) => {
    windows.opened(stream);
    stream.on('error', () => undefined); // reset by the peer; `splice` handles it
    void serveStream(stream, headers, options);
  });
  return { close: () => connection.close(), closed: whenClosed(connection) };
}

async function serveStream(stream: Http2Stream, headers: Headers, options: TunnelServerOptions) {
  try {
    const application = applicationOf(headers, options.remoteSessionId);
    const destination = destinationIn(headers);
    const target = await openWithin(options.open(application, destination));
    if (stream.destroyed) return void target.destroy();
    stream.respond(connected(application, options.remoteSessionId, options.originsOf?.(application), destination));
    const ended = splice(stream, target);
    options.onStream?.(application, ended);
  } catch (error) {
    if (stream.destroyed) return;
    const refusal =
      error instanceof StreamRefused ? error : new StreamRefused(502, 'the application cannot be reached');
    stream.respond(refused(refusal));
    stream.end();
  }
}

/** A connection that opens after the timeout is closed. */
async function openWithin(opening: Promise<Duplex>): Promise<Duplex> {
  let late = false;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      late = true;
      reject(new StreamRefused(504, 'the application did not answer in time'));
    }, LIMITS.TUNNEL_OPEN_MS);
  });
  void opening.then((target) => late && target.destroy()).catch(() => undefined);
  return Promise.race([opening, timeout]).finally(() => clearTimeout(timer));
}

/** The terminal's end of a tunnel. */
export interface Tunnel {
  /** One more TCP connection to the application, or to one of its `otherOrigins`. @throws StreamRefused */
  connect(destination?: Destination): Promise<Duplex>;
  /** Set by the first successful `connect`; undefined if the application does not speak HTTP. */
  readonly applicationOrigin: string | undefined;
  /** Set with it. */
  readonly otherOrigins: readonly string[];
  close(): void;
  /** Never rejects. */
  readonly closed: Promise<void>;
}

/** The origins of the application that the agent has named, its own first; none if it does not speak HTTP. */
export const namedOrigins = ({ applicationOrigin: own, otherOrigins }: Tunnel): readonly string[] =>
  own === undefined ? [] : [own, ...otherOrigins];

/**
 * Starts an HTTP/2 client on the byte stream and waits for the agent's settings.
 * @throws StreamRefused 504 if no answer comes in time, 502 if the tunnel breaks
 */
export async function openTunnel(
  bytes: Duplex,
  options: { remoteSessionId: string; applicationId: string },
): Promise<Tunnel> {
  const connection = new Http2Connection(bytes, 'client');
  const closed = whenClosed(connection);
  const windows = new TunnelWindows(connection, bytes);
  try {
    await answerOf(connection, 'settings', closed);
  } catch (error) {
    connection.destroy();
    throw error;
  }
  const { applicationId, remoteSessionId } = options;
  const request = (destination?: Destination) => connectRequest(applicationId, remoteSessionId, destination);
  return new Http2Tunnel(connection, windows, request, closed);
}

class Http2Tunnel implements Tunnel {
  applicationOrigin: string | undefined;
  otherOrigins: readonly string[] = [];
  #streams = 0;

  constructor(
    private readonly connection: Http2Connection,
    private readonly windows: TunnelWindows,
    private readonly request: (destination?: Destination) => ReturnType<typeof connectRequest>,
    readonly closed: Promise<void>,
  ) {}

  async connect(destination?: Destination): Promise<Duplex> {
    if (!this.connection.isOpen) throw new StreamRefused(502, 'the tunnel is closed');
    if (this.#streams >= LIMITS.TUNNEL_STREAMS) throw new StreamRefused(503, 'too many connections at a time');
    const request = this.request(destination);
    const stream = this.connection.request(request);
    if (!stream) throw new StreamRefused(503, 'too many connections at a time');
    this.#streams++;
    stream.once('close', () => this.#streams--);
    this.windows.opened(stream);
    stream.on('error', () => undefined); // reads and writes fail with it; unhandled it would end the process
    const [headers] = await answerOf(stream, 'response', once(stream, 'close')).catch((error: unknown) => {
      stream.destroy();
      throw error;
    });
    const refusal = refusalIn(headers as Headers, request);
    if (!refusal) {
      this.applicationOrigin = originIn(headers as Headers);
      this.otherOrigins = otherOriginsIn(headers as Headers);
      return stream;
    }
    stream.destroy();
    throw refusal;
  }

  close(): void {
    this.connection.close();
  }
}

/** Waits for the first `event`. @throws StreamRefused if `closed` settles first or after LIMITS.TUNNEL_OPEN_MS */
async function answerOf(emitter: EventEmitter, event: string, closed: Promise<unknown>): Promise<unknown[]> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), LIMITS.TUNNEL_OPEN_MS);
  const broken = closed.then(
    () => Promise.reject(new StreamRefused(502, 'the tunnel was closed')),
    () => Promise.reject(new StreamRefused(502, 'the tunnel broke')),
  );
  broken.catch(() => undefined); // the close may come long after the answer
  try {
    return await Promise.race([once(emitter, event, { signal: waiting.signal }) as Promise<unknown[]>, broken]);
  } catch (error) {
    if (waiting.signal.aborted) throw new StreamRefused(504, 'no answer in time');
    throw error instanceof StreamRefused ? error : new StreamRefused(502, 'the tunnel broke');
  } finally {
    clearTimeout(timer);
  }
}

const whenClosed = (connection: Http2Connection): Promise<void> =>
  new Promise((resolve) => connection.once('close', () => resolve()));
