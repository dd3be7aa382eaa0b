import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../journal/journal';
import type { Exchange } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { ProblemError } from '../../protocol/problems';
import { jittered } from '../../protocol/waits';
import { Backoff } from '../../tunnel/backoff';
import { ChannelOffline, ExchangeRefused, StreamEnded, type StreamEnding } from './control-channel.errors';
import type { Credentials } from '../enrolment/credentials';
import type { Installation } from '../enrolment/installation';
import { BadContainer, containerExcess, decodeContainer, encodeContainer, encodeProblem } from './json-container';
import { XmppStream, type StreamHandler, type StreamOptions } from './xmpp-stream';

export interface ControlChannelOptions extends Omit<StreamOptions, 'signal' | 'resource'> {
  readonly installation?: Pick<Installation, 'present' | 'accepted'>;
  readonly firstRetryMs?: number;
  readonly maxRetryMs?: number;
  /** Wait after an ending that a retry alone does not resolve. */
  readonly slowRetryMs?: number;
}

/** Longer waits let the server's count of failed logins expire. */
const SLOW_RETRY_MS = 5 * 60_000;

/** Endings that need an administrator, and what to do. */
const REMEDIES: Partial<Record<StreamEnding, string>> = {
  'login-refused':
    'the server refused the account of this agent; create a new enrolment code, then run: platen agent enrol - --server <url> --force',
  removed:
    'an administrator of the server has removed this agent; its jobs are dropped. To use it again, create a new enrolment code, then run: platen agent enrol - --server <url> --force',
  'wrong-key':
    'the key of the server differs from the one at enrolment; if it was changed on purpose, create a new enrolment code, then run: platen agent enrol - --server <url> --force',
  'in-use':
    'another agent is running with this account; stop one of them. A second agent needs an enrolment code of its own, for another agent ID',
  'other-installation':
    'the account belongs to another installation, because the folder of this agent was copied or restored; ask an administrator to allow another installation, or to create a new enrolment code, then run: platen agent enrol - --server <url> --force',
  replaced: 'this account has logged in elsewhere; use these credentials for one agent only',
};

/** The agent's end of the control channel: typed exchanges over a stream that is reopened whenever it ends. */
export class ControlChannel {
  readonly #handlers: StreamHandler[] = [];
  #stopping = new AbortController();
  readonly #backoff: Backoff;
  #stream: XmppStream | undefined;
  #running: Promise<void> | undefined;
  #afterLogin: () => Promise<void> = () => Promise.resolve();
  #onChange: () => void = () => undefined;
  #onEnded: (ending: StreamEnding) => void = () => undefined;

  constructor(
    private readonly credentials: Credentials,
    private readonly journal: Journal,
    private readonly options: ControlChannelOptions = {},
  ) {
    this.#backoff = new Backoff({ firstMs: options.firstRetryMs, maxMs: options.maxRetryMs });
  }

  get online(): boolean {
    return this.#stream !== undefined;
  }

  /** Registers a handler for an exchange from the server, which receives the code of a ProblemError. Before `start`. */
  handle<Request, Response>(
    exchange: Exchange<Request, Response>,
    handler: (body: Request) => Promise<Response> | Response,
  ): void {
    const { name, namespace } = exchange;
    this.answer({
      type: 'set',
      name,
      namespace,
      answer: async (payload) => {
        try {
          const body = decodeContainer(payload, exchange.request);
          return encodeContainer(name, namespace, exchange.response.parse(await handler(body)));
        } catch (error) {
          if (error instanceof BadContainer) return encodeProblem('invalid-request', error.message);
          if (error instanceof ProblemError) return encodeProblem(error.code, error.detail);
          return encodeProblem('internal-error', `incident ${this.journal.unexpected(error, `answering ${name}`)}`);
        }
      },
    });
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
    if (!this.#stream) throw new ChannelOffline('not connected to the control plane');
    const excess = containerExcess(exchange, body);
    if (excess > 0) throw new ExchangeRefused('too-large', `${excess} bytes too long for a stanza`);
    const { name, namespace } = exchange;
    const answer = await this.#stream.request(encodeContainer(name, namespace, body), timeoutMs);
    return decodeContainer(answer, exchange.response);
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
      this.#log(ended, waitMs);
      await delay(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  async #oneStream(): Promise<StreamEnded> {
    try {
      const stream = await XmppStream.open(this.credentials, this.#handlers, {
        ...this.options,
        resource: await this.options.installation?.present(),
        signal: this.#stopping.signal,
      });
      await this.options.installation?.accepted();
      this.#set(stream);
      if (this.#stopping.signal.aborted) await stream.close();
      this.#afterLogin().then(
        () => this.#backoff.reset(),
        (error: Error) => stream.end('lost', `after the login: ${error.message}`),
      );
      return await stream.closed;
    } catch (error) {
      if (error instanceof StreamEnded) return error;
      return new StreamEnded('lost', `incident ${this.journal.unexpected(error, 'opening the control channel')}`);
    } finally {
      this.#set(undefined);
    }
  }

  #set(stream: XmppStream | undefined): void {
    if (this.#stream === stream) return;
    this.#stream = stream;
    this.#onChange();
  }

  #waitAfter({ ending }: StreamEnded): number {
    if (!(ending in REMEDIES)) return this.#backoff.next();
    return jittered(this.options.slowRetryMs ?? SLOW_RETRY_MS, { least: 0.5, most: 1 });
  }

  #log({ ending, detail }: StreamEnded, waitMs: number): void {
    const fields = { agentId: this.credentials.agentId, ending, detail, retryMs: Math.round(waitMs) };
    const remedy = REMEDIES[ending];
    if (remedy) this.journal.error(remedy, fields);
    else this.journal.warn('no control channel', fields);
  }
}
