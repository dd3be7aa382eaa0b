import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../journal/journal';
import { nextKey, type Exchange } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { ProblemError, type ProblemCode } from '../../protocol/problems';
import { jittered, retryAfterMs } from '../../protocol/waits';
import { isCarriedToServer, type Carried, type CarriedToAgent, type CarriedToServer } from '../../protocol/wake';
import { Backoff } from '../../tunnel/backoff';
import type { RpcChannel } from '../../tunnel/rpc-channel';
import { ChannelOffline, ExchangeRefused, StreamEnded, type StreamEnding } from './control-channel.errors';
import type { Credentials } from '../enrolment/credentials';
import type { Installation } from '../enrolment/installation';
import type { ServerKeys } from '../enrolment/server-keys';
import type { KeepAlive } from './keep-alive';
import { ClockCheck } from './clock-check';
import { FailureLog, REMEDIES } from './failure-log';
import { BadContainer, containerExcess, decodeContainer, encodeContainer, encodeProblem } from './json-container';
import { SubstituteCarrier } from './substitute-carrier';
import { XmppStream, type StreamHandler, type StreamOptions } from './xmpp-stream';

export interface ControlChannelOptions extends Omit<StreamOptions, 'signal' | 'resource'> {
  /** Of the server, which may change; absent: only that of the credentials is accepted. */
  readonly keys?: Pick<ServerKeys, 'trust' | 'learn' | 'used'>;
  readonly keepAlive?: Pick<KeepAlive, 'intervalMs' | 'forgotten'>;
  readonly installation?: Pick<Installation, 'present' | 'accepted'>;
  readonly firstRetryMs?: number;
  readonly maxRetryMs?: number;
  /** Wait after an ending that a retry alone does not resolve. */
  readonly slowRetryMs?: number;
}

/** Longer waits let the server's count of failed logins expire. */
const SLOW_RETRY_MS = 5 * 60_000;

/** Of an answer that a substitute carries: sealed and in base64url, it still fits into a line. */
const carriedBytes = (): number => (LIMITS.WAKE_LINE_BYTES * 3) / 4 - 1024;

/** A request of the server, in JSON. */
type ExchangeHandler = (body: unknown) => Promise<unknown>;

/**
 * The agent's end of the control channel: typed exchanges over a stream that is reopened whenever it ends. While there is
 * none, a substitute may carry some of them.
 */
export class ControlChannel {
  readonly #handlers: StreamHandler[] = [];
  /** By the name of the exchange. */
  readonly #exchanges = new Map<string, ExchangeHandler>();
  #substitute: SubstituteCarrier | undefined;
  /** Ends the wait before the next attempt to open a stream. */
  #retryNow = new AbortController();
  #stopping = new AbortController();
  readonly #backoff: Backoff;
  #stream: XmppStream | undefined;
  /** Of the stream before this attempt, if it was found dead: how long it had been idle, and where it led. */
  #forgotten: { readonly afterMs: number; readonly remoteAddress: string | undefined } | undefined;
  readonly #clock: ClockCheck;
  readonly #failures: FailureLog;
  readonly #waitingForStream = new Set<(stream: XmppStream) => void>();
  #running: Promise<void> | undefined;
  #afterLogin: () => Promise<void> = () => Promise.resolve();
  #onChange: () => void = () => undefined;
  #onEnded: (ending: StreamEnding) => void = () => undefined;

  constructor(
    private readonly credentials: Credentials,
    private readonly journal: Journal,
    private readonly options: ControlChannelOptions = {},
  ) {
    const { keys } = options;
    if (keys)
      this.handle(nextKey, async (announced) => {
        await keys.learn(announced);
        return {};
      });
    this.#clock = new ClockCheck(journal);
    this.#failures = new FailureLog(journal);
    this.#backoff = new Backoff({
      firstMs: options.firstRetryMs,
      maxMs: options.maxRetryMs ?? LIMITS.CHANNEL_RETRY_MAX_MS,
    });
  }

  get online(): boolean {
    return this.#stream !== undefined;
  }

  /** Whether a request reaches the control plane: by a stream, or by a substitute that carries this exchange. */
  reaches({ name }: Pick<Exchange, 'name'>): boolean {
    return this.online || (this.#substitute !== undefined && isCarriedToServer(name));
  }

  /** Registers a handler for an exchange from the server, which receives the code of a ProblemError. Before `start`. */
  handle<Request, Response>(
    exchange: Exchange<Request, Response>,
    handler: (body: Request) => Promise<Response> | Response,
  ): void {
    const { name, namespace } = exchange;
    const answer = async (body: unknown) => exchange.response.parse(await handler(body as Request));
    this.#exchanges.set(name, answer);
    this.answer({
      type: 'set',
      name,
      namespace,
      answer: async (payload) => {
        try {
          const body = decodeContainer(payload, exchange.request);
          return encodeContainer(name, namespace, await answer(body));
        } catch (error) {
          const { code, detail } = this.#problemOf(error, name);
          return encodeProblem(code, detail);
        }
      },
    });
  }

  /** Has a substitute carry exchanges, too, until its channel closes; and opens the stream without waiting. */
  carryThrough(channel: RpcChannel): void {
    const carrier = new SubstituteCarrier(channel, (name, body) => this.#answerCarried(name, body), this.journal);
    this.#substitute = carrier;
    void carrier.closed.then(() => {
      if (this.#substitute !== carrier) return;
      this.#substitute = undefined;
      this.#onChange();
    });
    this.#retryNow.abort();
    this.#onChange();
  }

  /** Registers a handler for requests of other protocols (XEPs). Before `start`. */
  answer(handler: StreamHandler): void {
    this.#handlers.push(handler);
  }

  /** Runs after every login; if it fails, the stream is closed and reopened. Before `start`. */
  afterLogin(listener: () => Promise<void>): void {
    this.#afterLogin = listener;
  }

  /** Called when a stream has ended or could not be opened. Before `start`. */
  onEnded(listener: (ending: StreamEnding) => void): void {
    this.#onEnded = listener;
  }

  /** Called when the channel has gone online or offline. Before `start`. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /**
   * Sends a request to the control plane.
   * @throws ChannelOffline, ChannelTimeout, ExchangeRefused, BadContainer
   */
  async request<Request, Response>(
    exchange: Exchange<Request, Response>,
    body: Request,
    timeoutMs: number = LIMITS.XMPP_IQ_TIMEOUT_MS,
  ): Promise<Response> {
    const { name, namespace } = exchange;
    if (!this.#stream && this.#substitute && isCarriedToServer(name))
      return this.#substitute.request(exchange as typeof exchange & { name: CarriedToServer }, body, timeoutMs);
    if (!this.#stream) throw new ChannelOffline('not connected to the control plane');
    const excess = containerExcess(exchange, body);
    if (excess > 0) throw new ExchangeRefused('too-large', `${excess} bytes too long for a stanza`);
    const send = (stream: XmppStream, withinMs: number) =>
      stream.request(encodeContainer(name, namespace, body), withinMs);
    const [stream, until] = [this.#stream, performance.now() + timeoutMs];
    const answer = await send(stream, timeoutMs).catch(async (error: unknown) => {
      // It was lost with a connection that had been forgotten on the way.
      const next = stream.brokeAfterIdleMs !== undefined && (await this.#nextStream(until - performance.now()));
      if (!next) throw error;
      return send(next, until - performance.now());
    });
    return decodeContainer(answer, exchange.response);
  }

  /** The next stream; undefined if there is none in time. */
  #nextStream(withinMs: number): Promise<XmppStream | undefined> {
    return new Promise((resolve) => {
      const done = (stream?: XmppStream) => {
        clearTimeout(timer);
        this.#waitingForStream.delete(done);
        resolve(stream);
      };
      const timer = setTimeout(done, withinMs);
      this.#waitingForStream.add(done);
    });
  }

  /** Opens the stream, and reopens it whenever it ends. Can be called again after `stop`. */
  start(): void {
    if (this.#running) return;
    this.#stopping = new AbortController();
    this.#running = this.#run();
  }

  /** Closes the stream in order; limited in time. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#stopping.abort();
    this.#retryNow.abort();
    await this.#stream?.close();
    await running;
    if (this.#running === running) this.#running = undefined; // unless it was restarted meanwhile
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const ended = await this.#oneStream();
      this.#onEnded(ended.ending);
      if (this.#stopping.signal.aborted) return;
      const waitMs = this.#waitAfter(ended);
      this.#failures.add(ended, { agentId: this.credentials.agentId, retryMs: Math.round(waitMs) });
      this.#retryNow = new AbortController();
      await delay(waitMs, undefined, { signal: this.#retryNow.signal }).catch(() => undefined);
    }
  }

  async #recordKey(pin: string | undefined): Promise<void> {
    if (pin === undefined) return;
    await this.options.keys
      ?.used(pin)
      .catch((error: unknown) => this.journal.unexpected(error, 'storing the key of the control channel'));
  }

  async #answerCarried(name: CarriedToAgent, body: unknown): Promise<Carried<unknown>> {
    try {
      const handler = this.#exchanges.get(name);
      if (!handler) throw new ProblemError('invalid-request', `this agent does not answer ${name}`);
      const answer = await handler(body);
      if (Buffer.byteLength(JSON.stringify(answer)) > carriedBytes())
        throw new ProblemError('too-large', 'the answer is too large for a substitute');
      return { answer };
    } catch (error) {
      return { problem: this.#problemOf(error, name) };
    }
  }

  #problemOf(error: unknown, name: string): { code: ProblemCode; detail: string } {
    if (error instanceof BadContainer) return { code: 'invalid-request', detail: error.message };
    if (error instanceof ProblemError) return { code: error.code, detail: error.detail };
    const incident = this.journal.unexpected(error, `answering ${name}`);
    return { code: 'internal-error', detail: `incident ${incident}` };
  }

  async #oneStream(): Promise<StreamEnded> {
    try {
      const stream = await XmppStream.open({ ...this.credentials, ...this.options.keys?.trust }, this.#handlers, {
        ...this.options,
        resource: await this.options.installation?.present(),
        signal: this.#stopping.signal,
        onDisturbance: () => void this.#compareClocks(),
      });
      await this.options.installation?.accepted();
      await this.#recordKey(stream.pin);
      // Only now: a server that could not be reached says nothing about the way to it, nor does one that has moved.
      if (this.#forgotten && this.#forgotten.remoteAddress === stream.remoteAddress)
        await this.options.keepAlive?.forgotten(this.#forgotten.afterMs);
      this.#set(stream);
      if (this.#stopping.signal.aborted) await stream.close();
      void this.#begin(stream);
      const openedAt = performance.now();
      const ended = await stream.closed;
      this.#failures.lasted(performance.now() - openedAt);
      const { brokeAfterIdleMs, remoteAddress } = stream;
      this.#forgotten = brokeAfterIdleMs === undefined ? undefined : { afterMs: brokeAfterIdleMs, remoteAddress };
      return ended;
    } catch (error) {
      this.#forgotten = undefined;
      if (error instanceof StreamEnded) return error;
      return new StreamEnded('lost', `incident ${this.journal.unexpected(error, 'opening the control channel')}`);
    } finally {
      this.#set(undefined);
    }
  }

  /** A temporary refusal is repeated on the same stream: another login would be one more burden for a server that is busy. */
  async #begin(stream: XmppStream): Promise<void> {
    const ended = new AbortController();
    void stream.closed.then(() => ended.abort());
    const retries = new Backoff({ firstMs: this.options.firstRetryMs, maxMs: this.options.maxRetryMs });
    while (!ended.signal.aborted) {
      try {
        await this.#afterLogin();
        this.#backoff.reset();
        return void this.#compareClocks();
      } catch (error) {
        const { message } = error as Error;
        if (!(error instanceof ExchangeRefused && error.isTemporary))
          return stream.end('lost', `after the login: ${message}`);
        this.journal.warn('the login is not complete yet', { detail: message });
        await delay(retries.next(), undefined, { signal: ended.signal }).catch(() => undefined);
      }
    }
  }

  async #compareClocks(): Promise<void> {
    const time = await this.#stream?.serverTime();
    if (time) this.#clock.compare(time);
  }

  #set(stream: XmppStream | undefined): void {
    if (this.#stream === stream) return;
    this.#stream = stream;
    if (stream) for (const resume of this.#waitingForStream) resume(stream);
    this.#onChange();
  }

  #waitAfter({ ending, retryAfterSeconds }: StreamEnded): number {
    // within bounds, so that a server cannot keep an agent away
    if (ending === 'deferred') return retryAfterMs(retryAfterSeconds);
    if (!(ending in REMEDIES)) return this.#backoff.next();
    return jittered(this.options.slowRetryMs ?? SLOW_RETRY_MS, { least: 0.5, most: 1 });
  }
}
