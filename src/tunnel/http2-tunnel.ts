import { type EventEmitter, once } from 'node:events';
import {
  connect,
  constants,
  performServerHandshake,
  type ClientHttp2Session,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { LIMITS } from '../protocol/limits';
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
import { writingBuffers } from './writing-buffers';

const SETTINGS: Settings = {
  enablePush: false,
  initialWindowSize: LIMITS.TUNNEL_STREAM_WINDOW_BYTES,
  maxConcurrentStreams: LIMITS.TUNNEL_STREAMS,
  maxHeaderListSize: LIMITS.TUNNEL_HEADER_BYTES,
};
/** Megabytes; Node's default of 10 refuses new streams while the existing ones fill their windows. */
const SESSION_MEMORY_MB = 64;
const NOTHING = Buffer.alloc(0);

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
  const session = performServerHandshake(bytes, { settings: SETTINGS, maxSessionMemory: SESSION_MEMORY_MB });
  const closed = whenClosed(session, bytes);
  const windows = new TunnelWindows(session, bytes);
  session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    windows.opened(stream);
    stream.on('error', () => undefined); // reset by the peer; `splice` handles it
    void serveStream(stream, headers, options);
  });
  return { close: () => void end(session, bytes), closed };
}

async function serveStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, options: TunnelServerOptions) {
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
    stream.respond(refused(refusal), { endStream: true });
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
  const session = connect('http://tunnel', {
    createConnection: () => bytes,
    settings: { ...SETTINGS, maxConcurrentStreams: 0 },
    maxSessionMemory: SESSION_MEMORY_MB,
  });
  const closed = whenClosed(session, bytes);
  const windows = new TunnelWindows(session, bytes);
  try {
    await answerOf(session, 'remoteSettings', closed);
  } catch (error) {
    cut(session);
    throw error;
  }
  const { applicationId, remoteSessionId } = options;
  const request = (destination?: Destination) => connectRequest(applicationId, remoteSessionId, destination);
  return new Http2Tunnel(session, windows, request, () => void end(session, bytes), closed);
}

class Http2Tunnel implements Tunnel {
  applicationOrigin: string | undefined;
  otherOrigins: readonly string[] = [];
  #closing = false;
  #streams = 0;

  constructor(
    private readonly session: ClientHttp2Session,
    private readonly windows: TunnelWindows,
    private readonly request: (destination?: Destination) => ReturnType<typeof connectRequest>,
    private readonly end: () => void,
    readonly closed: Promise<void>,
  ) {}

  async connect(destination?: Destination): Promise<Duplex> {
    if (this.#closing || this.session.closed || this.session.destroyed)
      throw new StreamRefused(502, 'the tunnel is closed');
    if (this.#streams >= LIMITS.TUNNEL_STREAMS) throw new StreamRefused(503, 'too many connections at a time');
    const request = this.request(destination);
    const stream = this.session.request(request, { endStream: false });
    this.#streams++;
    stream.once('close', () => this.#streams--);
    this.windows.opened(stream);
    stream.on('error', () => undefined); // reads and writes fail with it; unhandled it would end the process
    const [headers] = await answerOf(stream, 'response', once(stream, 'close')).catch((error: unknown) => {
      stream.destroy();
      throw error;
    });
    const refusal = refusalIn(headers as IncomingHttpHeaders, request);
    if (!refusal) {
      this.applicationOrigin = originIn(headers as IncomingHttpHeaders);
      this.otherOrigins = otherOriginsIn(headers as IncomingHttpHeaders);
      return writingBuffers(stream);
    }
    stream.destroy();
    throw refusal;
  }

  close(): void {
    this.#closing = true;
    this.end();
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

/**
 * Ends the session and all its streams with an error at both ends. It sends a GOAWAY first: Node's `destroy` drops its
 * own GOAWAY if an earlier write is in progress, and the peer would not notice the end.
 */
async function end(session: Http2Session, bytes: Duplex): Promise<void> {
  if (session.destroyed) return;
  session.goaway(constants.NGHTTP2_CANCEL);
  while ((session.state.outboundQueueSize ?? 0) > 0 && bytes.writable) await written(bytes);
  cut(session);
}

/** Resolves when all earlier writes to `bytes` and their callbacks have finished; never rejects. */
const written = (bytes: Duplex): Promise<void> =>
  new Promise((resolve) => bytes.write(NOTHING, () => setImmediate(resolve)));

/** Without an error, Node ends open streams as if they were complete, and the peer would wait for its own. */
function cut(session: Http2Session): void {
  if (!session.destroyed) session.destroy(new Error('the tunnel is closed'), constants.NGHTTP2_CANCEL);
}

function whenClosed(session: Http2Session, bytes: Duplex): Promise<void> {
  session.on('error', () => undefined); // `close` follows; the owner of the byte stream has the cause
  // Prepended: Node's own listener would close the session without an error.
  bytes.prependOnceListener('close', () => cut(session));
  return new Promise((resolve) => session.once('close', () => resolve()));
}
