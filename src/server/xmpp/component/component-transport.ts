import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Element } from 'node-xmpp-server';
import { LIMITS } from '../../../protocol/limits';
import { NAME_PATTERN } from '../../../protocol/names';
import { Backoff } from '../../../tunnel/backoff';
import { LoginGate } from '../login/login-gate';
import { LoginQueue } from '../login/login-queue';
import { stanzaError } from '../stanzas/stanza-errors';
import { StreamError } from '../stream-error';
import { StreamTransport, type StreamTransportOptions } from '../stream-transport';
import { xmppLimits, type XmppLimits } from '../xmpp-limits';
import { EngineLink, EngineLost, type EngineAddress } from './engine-link';
import {
  algorithmOf,
  bindRefusal,
  NS_ENGINE,
  readBind,
  streamRefusal,
  writeEnd,
  writeKeys,
  type BindRequest,
} from './engine-messages';
import { EngineStream } from './engine-stream';

export interface ComponentTransportOptions extends StreamTransportOptions {
  readonly engine: Omit<EngineAddress, 'domain' | 'component'>;
  readonly limits?: Partial<XmppLimits>;
  readonly firstRetryMs?: number;
}

/** The name of the component, which the configuration of the engine has, too. */
export const componentOf = (domain: string): string => `platen.${domain}`;

/**
 * The control channel with the agents' streams at an XMPP engine (Prosody, ejabberd), to which this server is an external
 * component (XEP-0114). A module in the engine asks for the keys of accounts and for the admission of logins, reports which
 * streams there are, and stamps `from`. All streams end with the connection to the engine, at both ends.
 */
export class ComponentTransport extends StreamTransport {
  private readonly engine: EngineAddress;
  private readonly gate: LoginGate;
  private readonly queue: LoginQueue;
  private readonly backoff: Backoff;
  /** By full JID. */
  private readonly streams = new Map<string, EngineStream>();
  private readonly ending = new AbortController();
  private link: EngineLink | undefined;
  private running: Promise<void> | undefined;
  private reason: string | undefined = 'not connected yet';
  private logged: { readonly reason: string; readonly at: number } | undefined;

  constructor(options: ComponentTransportOptions) {
    const limits = xmppLimits(options.limits);
    super(options.accounts, options.journal, limits);
    const domain = options.domain.toLowerCase();
    this.engine = { ...options.engine, domain, component: componentOf(domain) };
    this.gate = new LoginGate(options.accounts, options.fakeSaltSecret);
    this.queue = new LoginQueue(limits);
    this.backoff = new Backoff({ firstMs: options.firstRetryMs });
  }

  /** Why no agent can be connected; undefined while the engine is connected. */
  override get problem(): string | undefined {
    return this.reason;
  }

  /** Does not wait for the engine: the server works without agents, too. */
  start(): Promise<void> {
    this.sweep.start();
    this.running ??= this.run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.sweep.stop();
    this.ending.abort();
    await this.link?.close();
    await this.running;
  }

  protected override claimedBy(agentId: string): EngineStream[] {
    return [...this.streams.values()].filter((stream) => stream.agentId === agentId);
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      const since = performance.now();
      this.reason = await this.connect();
      for (const stream of [...this.streams.values()]) stream.leave();
      if (signal.aborted) return;
      // of two servers that replace each other, neither tries at once
      if (performance.now() - since > LIMITS.RETRY_MAX_MS) this.backoff.reset();
      this.logLoss(this.reason);
      await delay(this.backoff.next(), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when the connection has ended, with the reason. */
  private async connect(): Promise<string> {
    const link = new EngineLink(this.engine, this.limits, (stanza, isCut) => this.stanza(link, stanza, isCut));
    this.link = link;
    try {
      const name = await link.opened;
      this.reason = undefined;
      this.logged = undefined;
      this.journal.info('connected to the XMPP engine', { detail: name, ...this.addressed() });
    } catch (error) {
      if (!(error instanceof EngineLost)) throw error;
    }
    return link.closed;
  }

  /** The same reason once in LOG_REPEAT_MS. */
  private logLoss(reason: string): void {
    const { logged } = this;
    if (logged?.reason === reason && performance.now() - logged.at < LIMITS.LOG_REPEAT_MS) return;
    this.logged = { reason, at: performance.now() };
    this.journal.error(
      'the XMPP engine is not connected, and no agent is; check that it runs, and its component and secret',
      { detail: reason, ...this.addressed() },
    );
  }

  private addressed() {
    const { host, port, component } = this.engine;
    return { address: `${host}:${port}`, domain: component };
  }

  private stanza(link: EngineLink, stanza: Element, isCut: boolean): void {
    const from = stanza.attrs.from ?? '';
    if (from === this.engine.domain) return this.ofEngine(link, stanza);
    const stream = this.streams.get(from);
    const { type } = stanza.attrs;
    if (stanza.is('presence') && type === 'unavailable') return stream?.leave();
    // the engine has one that has ended here, or may still get the message that it shall end
    if (!stream) return this.endUnknown(link, from);
    if (stanza.is('presence')) return this.present(stream);
    if (!stream.isBound) return;
    try {
      if (isCut) throw new StreamError('policy-violation', 'the stanza has too many elements');
      delete stanza.attrs.to;
      this.received(stream, stanza);
    } catch (error) {
      if (error instanceof StreamError) return stream.refuse(error);
      const incident = this.journal.unexpected(error, 'reading a stanza of an agent');
      stream.refuse(new StreamError('internal-server-error', `incident ${incident}`));
    }
  }

  private present(stream: EngineStream): void {
    if (stream.isBound) return;
    stream.bind();
    this.bound(stream);
  }

  private endUnknown(link: EngineLink, jid: string): void {
    const { domain, component } = this.engine;
    if (!jid.includes(`@${domain}/`)) return;
    const message = writeEnd(jid, new StreamError('not-authorized', 'this server does not know the stream'));
    Object.assign(message.attrs, { from: component, to: domain });
    link.send(message);
  }

  private ofEngine(link: EngineLink, iq: Element): void {
    if (!iq.is('iq') || (iq.attrs.type !== 'get' && iq.attrs.type !== 'set')) return;
    const login = iq.getChild('login', NS_ENGINE);
    const bind = iq.getChild('bind', NS_ENGINE);
    const answer = login ? this.keysFor(login) : bind ? this.admission(link, bind) : Promise.resolve(unknown());
    void answer
      .catch((error: unknown) => {
        this.journal.unexpected(error, 'answering the XMPP engine');
        return stanzaError('internal-server-error');
      })
      .then((payload) => {
        const type = payload.is('error') ? 'error' : 'result';
        const reply = new Element('iq', { type, id: iq.attrs.id, from: this.engine.component, to: this.engine.domain });
        reply.cnode(payload);
        link.send(reply);
      });
  }

  private async keysFor({ attrs: { name = '', hash } }: Element): Promise<Element> {
    const algorithm = algorithmOf(hash);
    if (!algorithm) return stanzaError('bad-request');
    return writeKeys(await this.gate.keysOf(name, algorithm));
  }

  /** @returns `<bind>` with the resource, chosen here as by the embedded server; or an `<error>` */
  private async admission(link: EngineLink, element: Element): Promise<Element> {
    const request = readBind(element);
    if (!request || !NAME_PATTERN.test(request.name)) return stanzaError('bad-request');
    if (this.streams.size >= LIMITS.ENGINE_STREAMS)
      return streamRefusal(new StreamError('resource-constraint', 'too many agents', 60));
    const { name, address } = request;
    const resource = randomUUID();
    const { engine, limits } = this;
    const stream = new EngineStream(name, resource, address, engine, link, limits, (left) => this.left(left));
    // from here on, `disconnect` finds it
    this.streams.set(String(stream.jid), stream);
    try {
      const refusal = (await this.refusalOf(stream, request)) ?? stream.refusal;
      if (!refusal && !stream.isGone) return new Element('bind', { xmlns: NS_ENGINE, resource });
      stream.leave();
      if (refusal instanceof StreamError) return streamRefusal(refusal);
      return refusal ? bindRefusal(refusal) : stanzaError('not-authorized');
    } catch (error) {
      stream.leave();
      throw error;
    }
  }

  private async refusalOf(
    stream: EngineStream,
    { name, algorithm, salt, requested }: BindRequest,
  ): Promise<StreamError | 'conflict' | 'not-allowed' | undefined> {
    const admitted = await this.queue.enter(name);
    if (typeof admitted === 'number') return new StreamError('resource-constraint', 'too many logins', admitted);
    stream.complete = admitted;
    if (stream.isGone) return void admitted();
    // a new enrolment or a removal during the login makes what was proved worthless
    const keys = await this.gate.keysOf(name, algorithm);
    if (keys.removed === true || keys.salt.toString('base64') !== salt)
      return new StreamError('not-authorized', 'the account is no longer valid');
    return this.admit(stream, requested);
  }

  private left(stream: EngineStream): void {
    this.streams.delete(String(stream.jid));
    this.gone(stream);
  }
}

const unknown = (): Element => stanzaError('service-unavailable');
