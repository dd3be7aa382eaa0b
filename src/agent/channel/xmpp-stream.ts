import { client as createClient, xml, type Client, type Element, type OpenRequest } from '@xmpp/client';
import { setTimeout as delay } from 'node:timers/promises';
import { NS_PING, NS_TIME } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { jittered } from '../../protocol/waits';
import { NO_PROXY, type OutboundProxy } from '../../tunnel/outbound-proxy';
import { ChannelOffline, StreamEnded } from './control-channel.errors';
import type { Credentials } from '../enrolment/credentials';
import { Disturbances, type Disturbance } from './disturbances';
import { NS_STANZAS } from './json-container';
import { requestError, whyEnded } from './library-errors';
import { ScramLogin, ServerNotProven } from './scram-login';
import { usePinnedTransport, type PinnedTransport } from './xmpp-transport';

const LOGIN_MS = LIMITS.DIAL_TIMEOUT_MS + LIMITS.XMPP_AUTH_MS;
const CLOSE_MS = 2_000;
const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';

export interface StreamOptions {
  /** The resource to request (protocol/installation.ts). */
  readonly resource?: string;
  /** Aborts a login in progress. */
  readonly signal?: AbortSignal;
  /** By default, the server is dialled directly. */
  readonly outbound?: OutboundProxy;
  /** Read before each wait. */
  readonly keepAlive?: { readonly intervalMs: number };
  readonly pingTimeoutMs?: number;
  /** Called when the stream has survived a disturbance. */
  readonly onDisturbance?: () => void;
}
/** Answers a request of the server with the payload of the result, or an `<error>`. */
export interface StreamHandler {
  readonly type: 'get' | 'set';
  readonly name: string;
  readonly namespace: string;
  /** `to` is this agent's JID as in the request. */
  readonly answer: (payload: Element, to: string) => Promise<Element>;
}

/** One XMPP stream (RFC 6120), from login to end. */
export class XmppStream {
  /** Never rejects. */
  readonly closed: Promise<StreamEnded>;
  readonly #client: Client;
  readonly #transport: PinnedTransport;
  readonly #scram = new ScramLogin();
  #end: (why: StreamEnded) => void = () => undefined;
  #ended: StreamEnded | undefined;
  #lastError: Error | undefined;
  /** When the last element arrived (`performance.now`). */
  #lastReceivedAt = performance.now();
  #isProbing = false;
  readonly #disturbances = new Disturbances(() => this.#transport.localAddress);
  /** How long the stream had been idle when a ping found it dead; 0 if a disturbance of this computer was the reason. */
  brokeAfterIdleMs: number | undefined;

  /**
   * Connects by direct TLS to the pinned server, logs in and binds.
   * @throws StreamEnded
   */
  static async open(
    credentials: Credentials,
    handlers: Iterable<StreamHandler>,
    options: StreamOptions = {},
  ): Promise<XmppStream> {
    const stream = new XmppStream(credentials, handlers, options);
    const abort = () => stream.end('lost', 'aborted');
    options.signal?.addEventListener('abort', abort);
    await stream.#login(credentials).finally(() => options.signal?.removeEventListener('abort', abort));
    void stream.#watch(options);
    return stream;
  }

  private constructor(
    { agentId, password, xmpp, pin, nextPin }: Credentials,
    handlers: Iterable<StreamHandler>,
    { resource = 'agent', outbound = NO_PROXY }: StreamOptions,
  ) {
    this.#client = createClient({
      service: serviceOf(xmpp),
      domain: xmpp.domain,
      username: agentId,
      resource,
      timeout: LIMITS.DIAL_TIMEOUT_MS,
      credentials: async (authenticate, mechanisms) => {
        // never PLAIN, which would reveal the password to a wrong server
        const { MECHANISM } = ScramLogin;
        if (!mechanisms.includes(MECHANISM)) throw new StreamEnded('lost', `the server does not offer ${MECHANISM}`);
        await authenticate({ username: agentId, password }, MECHANISM);
      },
    });
    // The library reconnects after a fixed second, all agents at once; control-channel.ts waits with jitter.
    this.#client.reconnect.stop();
    this.#client.iqCaller.handlers = new OpenRequests();
    const scram = this.#scram;
    this.#client.saslFactory.use(
      ScramLogin.MECHANISM,
      class {
        constructor() {
          return scram; // there is one login in a stream
        }
      },
    );
    this.#client.on('element', (element: Element) => {
      this.#lastReceivedAt = performance.now();
      this.#checkSuccess(element);
    });
    this.#transport = usePinnedTransport(this.#client, { pin, nextPin }, outbound);
    this.closed = new Promise((resolve) => (this.#end = resolve));
    void this.closed.then((why) => this.#release(why));
    this.#client.on('error', (error: Error) => (this.#lastError = error));
    this.#client.on('disconnect', () => this.#end(whyEnded(this.#lastError ?? this.#transport.errored)));
    for (const { type, name, namespace, answer } of handlers)
      this.#client.iqCallee[type](namespace, name, ({ element, stanza: { attrs } }) => {
        const answered = isFromServer(attrs.from, xmpp.domain) ? answer(element, attrs.to ?? '') : refuseSender();
        return answered.finally(() => (element.children = []));
      });
  }

  /** Of the key that the server has presented. */
  get pin(): string | undefined {
    return this.#transport.pin;
  }

  /**
   * Sends a request and waits for the payload of its result.
   * @throws ChannelOffline, ChannelTimeout, ExchangeRefused
   */
  async request(payload: Element, timeoutMs: number): Promise<Element | undefined> {
    if (this.#ended) throw new ChannelOffline(this.#ended.message);
    if (performance.now() - this.#lastReceivedAt > LIMITS.XMPP_PROBE_IDLE_MS) void this.#probe(LIMITS.XMPP_PROBE_MS);
    try {
      const result = await this.#client.iqCaller.request(xml('iq', { type: 'set' }, payload), timeoutMs);
      return result.getChild(payload.name, payload.attrs.xmlns);
    } catch (error) {
      throw requestError(error as Error, timeoutMs);
    }
  }

  /** Of the server; it identifies the way to it. */
  get remoteAddress(): string | undefined {
    return this.#transport.remoteAddress;
  }

  /** The time of the server (XEP-0202); undefined if it does not answer with one. */
  async serverTime(): Promise<Date | undefined> {
    const ask = xml('iq', { type: 'get' }, xml('time', { xmlns: NS_TIME }));
    const answer = await this.#client.iqCaller.request(ask, LIMITS.XMPP_IQ_TIMEOUT_MS).catch(() => undefined);
    const at = Date.parse(answer?.getChild('time', NS_TIME)?.getChild('utc')?.text() ?? '');
    return Number.isNaN(at) ? undefined : new Date(at);
  }

  /** Closes the stream in order (RFC 6120 4.4); cuts it if the server does not answer. */
  async close(): Promise<void> {
    const force = setTimeout(() => this.end('lost', 'closed by force'), CLOSE_MS);
    await Promise.race([this.#client.disconnect().catch(() => undefined), this.closed]);
    clearTimeout(force);
    this.end('lost', 'closed by this agent');
  }

  /** Ends the stream immediately. */
  end(ending: StreamEnded['ending'], detail: string): void {
    this.#end(new StreamEnded(ending, detail));
  }

  #release(why: StreamEnded): void {
    this.#ended = why;
    this.#client.transports = []; // the library must not dial again, not even for see-other-host
    this.#transport.destroy();
    this.#client.emit('error', why); // ends the library's own waits
    // Otherwise open requests would wait for their timeouts.
    for (const { reject } of this.#client.iqCaller.handlers.values()) reject(new ChannelOffline(why.message));
  }

  async #login({ xmpp }: Credentials): Promise<void> {
    const client = this.#client;
    const online = new Promise<void>((resolve, reject) => {
      client.once('online', () => resolve());
      client.once('error', reject);
      client
        .connect(serviceOf(xmpp))
        .then(() => client.open({ domain: xmpp.domain }))
        .catch(reject);
    });
    const waiting = new AbortController();
    const late = delay(LOGIN_MS, undefined, { signal: waiting.signal }).then(() => {
      throw new StreamEnded('lost', 'the login took too long');
    });
    late.catch(() => undefined); // aborted after the login
    const gone = this.closed.then((why) => Promise.reject(why));
    gone.catch(() => undefined);
    try {
      await Promise.race([online, gone, late]);
      if (!this.#scram.isServerProven) throw new ServerNotProven('the server skipped the login');
    } catch (error) {
      // The TLS error is the cause; the library's error only reports the dead socket.
      const why = whyEnded(this.#transport.errored ?? (error as Error));
      this.#end(why);
      throw why;
    } finally {
      waiting.abort();
    }
  }

  /** The library believes every `<success/>`. It emits an element here first, and acts on it afterwards. */
  #checkSuccess(element: Element): void {
    if (!element.is('success', NS_SASL)) return;
    try {
      this.#scram.success(Buffer.from(element.text(), 'base64').toString());
    } catch (error) {
      this.#end(whyEnded(error as Error));
    }
  }

  /** XEP-0199: detects a dead connection that TCP still considers open. */
  async #watch({ keepAlive, pingTimeoutMs, onDisturbance }: StreamOptions): Promise<void> {
    const stopped = new AbortController();
    void this.closed.then(() => stopped.abort());
    while (!this.#ended) {
      const intervalMs = keepAlive?.intervalMs ?? LIMITS.XMPP_PING_INTERVAL_MS;
      const waitMs = jittered(intervalMs, { least: 0.75, most: 1.25 });
      const disturbance = await this.#disturbances.during(waitMs, stopped.signal);
      if (this.#ended) return;
      // a computer that resumes may be slow for a while
      const timeoutMs =
        disturbance === 'address-lost' ? LIMITS.XMPP_PROBE_MS : (pingTimeoutMs ?? LIMITS.XMPP_PING_TIMEOUT_MS);
      await this.#probe(timeoutMs, disturbance);
      if (disturbance && !this.#ended) onDisturbance?.();
    }
  }

  /** Pings, and ends the stream if nothing arrives in time. */
  async #probe(timeoutMs: number, disturbance?: Disturbance): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    const receivedAt = this.#lastReceivedAt;
    const idleMs = performance.now() - receivedAt;
    const ping = xml('iq', { type: 'get' }, xml('ping', { xmlns: NS_PING }));
    await this.#client.iqCaller.request(ping, timeoutMs).catch(() => {
      // An error from the server is a sign of life, as every element is.
      if (this.#lastReceivedAt !== receivedAt) return;
      this.brokeAfterIdleMs = disturbance || this.#disturbances.hasLostAddress() ? 0 : idleMs;
      this.end('silent', 'a ping was not answered');
    });
    this.#isProbing = false;
  }
}

/**
 * The library waits for the answer to a request only when the request has been written. An error that arrives before
 * that, also in answer to the library's own request to bind, would be an unhandled rejection and end the process.
 */
class OpenRequests extends Map<string, OpenRequest> {
  override set(id: string, request: OpenRequest): this {
    request.promise.catch(() => undefined);
    return super.set(id, request);
  }
}

/** Only the control plane may send requests. A stanza without sender is from the server (RFC 6120 8.1.2.1). */
const isFromServer = (from: string | undefined, domain: string): boolean => from === undefined || from === domain;

const refuseSender = (): Promise<Element> =>
  Promise.resolve(xml('error', { type: 'auth' }, xml('forbidden', { xmlns: NS_STANZAS })));

const serviceOf = ({ host, port }: Credentials['xmpp']): string =>
  `xmpps://${host.includes(':') ? `[${host}]` : host}:${port}`;
