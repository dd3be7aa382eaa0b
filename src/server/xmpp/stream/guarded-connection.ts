import type { TLSSocket } from 'node:tls';
import { Connection, Element } from 'node-xmpp-server';
import type { Journal } from '../../../journal/journal';
import { TokenBucket } from '../../../tunnel/token-bucket';
import { LimitedSax } from './limited-sax';
import { NS_AGENT } from '../../../protocol/control-channel';
import { NS_CLIENT, NS_STREAM, NS_STREAM_ERRORS } from '../namespaces';
import { StreamError } from '../stream-error';
import type { XmppLimits } from '../xmpp-limits';

/**
 * The library's connection, hardened: a bounded parser, input at a bounded rate, output with a bounded queue, no
 * STARTTLS, and no exception that affects another stream. It is for one accepted socket: what only a client needs, which
 * reconnects, is not there, because each of thousands of streams would keep it.
 */
export class GuardedConnection extends Connection {
  /** Permits stanzas of full size. */
  trusted = false;
  private dead = false;
  private readonly budget: TokenBucket;

  constructor(
    private readonly address: string,
    private readonly limits: XmppLimits,
    private readonly journal: Journal,
  ) {
    super({ reconnect: false });
    // only for what _setupSocket prepares
    this.boundOnData = this.boundOnClose = this.boundEmitData = this.boundEmitDrain = undefined;
    this.budget = new TokenBucket(limits.XMPP_BYTES_PER_SECOND, limits.XMPP_BURST_BYTES);
    this.xmlns[''] = NS_CLIENT;
    this.allowTLS = false;
    this.isSecure = true;
  }

  /** The library's version prepares to connect again and again. */
  protected override _setupSocket(): void {
    return undefined;
  }

  /** Called by the library's session. */
  connect({ socket }: { readonly socket: TLSSocket }): void {
    this.socket = socket;
    const gone = () => this.gone();
    socket.on('data', (chunk: string) => this.onData(chunk));
    socket.on('end', () => {
      this.closeStream();
      this.gone();
    });
    socket.on('close', gone);
    socket.on('error', gone);
    this.startParser();
  }

  /** Ends the stream, and the connection when what was sent has left. */
  override end(): void {
    this.closeStream();
    this.socket?.end();
    this.gone();
  }

  get isDead(): boolean {
    return this.dead;
  }

  /** Also called for the stream restart after SASL: the rest of the old parser's chunk is discarded. */
  override startParser(): void {
    this.parser?.removeAllListeners();
    this.parser?.on('error', () => undefined);
    const { limits } = this;
    const maxBytes = () => (this.trusted ? limits.XMPP_STANZA_BYTES : limits.XMPP_STANZA_BYTES_BEFORE_AUTH);
    // not a class of its own for each stream: V8 would keep its shape for each, and run none of it fast
    this.maxStanzaSize = { Parser: LimitedSax.bind(null, limits, maxBytes, false) };
    super.startParser();
  }

  /** A string, not a Buffer: the socket decodes UTF-8, so that a code point may be split over chunks. */
  override onData(chunk: string): void {
    if (this.dead || !this.parser) return;
    this.slowDown(this.budget.spend(Buffer.byteLength(chunk)));
    try {
      this.parser.write(chunk);
    } catch (error) {
      if (error instanceof StreamError) return this.refuse(error);
      const incident = this.journal.unexpected(error, 'reading an XMPP stream');
      this.refuse(new StreamError('internal-server-error', `incident ${incident}`));
    }
  }

  override onStanza(stanza: Element): void {
    if (this.dead) return;
    // RFC 6120 4.9.1.1: nothing follows a stream error
    if (stanza.is('error', NS_STREAM)) return this.end();
    this.emit('stanza', stanza);
  }

  /** @returns false if nothing was sent. The library's version writes every stanza twice and queues without a bound. */
  override send(stanza: Element | string): boolean {
    if (!this.socket?.writable || !this.streamOpened) return false;
    if (this.socket.writableLength > this.limits.XMPP_OUTBOUND_BYTES) {
      this.journal.warn('an XMPP peer does not read; its connection is closed', { address: this.address });
      this.destroy();
      return false;
    }
    this.socket.write(typeof stanza === 'string' ? stanza : this.rmXmlns(stanza.root()).toString());
    return true;
  }

  /** What is sent meanwhile leaves in one write. */
  together(send: () => void): void {
    const { socket } = this;
    socket?.cork();
    try {
      send();
    } finally {
      socket?.uncork();
    }
  }

  /** Ends the stream with a stream error (RFC 6120 4.9); a second call does nothing. */
  refuse({ condition, message, retryAfterSeconds }: StreamError): void {
    if (this.dead) return;
    if (retryAfterSeconds === undefined) this.error(condition, message);
    else this.defer(condition, message, retryAfterSeconds);
    this.die();
  }

  /** The library's `error` has no room for an application-specific condition (RFC 6120 4.9.4). */
  private defer(condition: string, text: string, seconds: number): void {
    const error = new Element('stream:error');
    error.c(condition, { xmlns: NS_STREAM_ERRORS });
    error.c('text', { xmlns: NS_STREAM_ERRORS, 'xml:lang': 'en' }).t(text);
    error.c('retry', { xmlns: NS_AGENT, after: String(seconds) });
    this.send(error);
    this.end();
  }

  destroy(): void {
    this.socket?.destroy();
  }

  private slowDown(milliseconds: number): void {
    const { socket } = this;
    if (milliseconds === 0 || !socket) return;
    socket.pause();
    setTimeout(() => socket.resume(), milliseconds).unref();
  }

  private gone(): void {
    this.die();
    this.emit('disconnect');
  }

  /** A peer that does not close its side is disconnected after XMPP_CLOSE_MS. */
  private die(): void {
    if (this.dead) return;
    this.dead = true;
    const { socket } = this;
    setTimeout(() => socket?.destroy(), this.limits.XMPP_CLOSE_MS).unref();
  }
}
