import type { Socket } from 'node:net';
import type { Element } from 'node-xmpp-server';
import type { Journal } from '../../journal/journal';
import type { JobReport } from '../../protocol/ad-hoc-command';
import type { Exchange } from '../../protocol/control-channel';
import { readReportOf, writeCommand } from './stanzas/ad-hoc-command';
import { readInstallation } from '../../protocol/installation';
import { AgentStream, createCore, type StreamOwner, type StreamSetting } from './stream/agent-stream';
import type { Carried } from '../../protocol/wake';
import { DeviceTransport, type Carrier, type JobCommand, type Presence } from './device-transport';
import type { AgentAccounts, InstallationRefusal } from './login/agent-accounts';
import { ExchangeHandlers } from './stanzas/exchange-handlers';
import { IqRequests } from './stanzas/iq-requests';
import { LoginGate } from './login/login-gate';
import { LoginQueue } from './login/login-queue';
import { readPayload, writePayload } from './stanzas/payload';
import { PingSweep } from './stanzas/ping-sweep';
import { StanzaRouter } from './stanzas/stanza-router';
import { StreamError } from './stream-error';
import { TlsListener } from './stream/tls-listener';
import { AgentOffline, AgentRefused, InvalidPayload } from './xmpp.errors';
import { xmppLimits, type XmppLimits } from './xmpp-limits';

export interface EmbeddedTransportOptions {
  /** Domain part of all JIDs, lower case. */
  readonly domain: string;
  readonly host: string;
  /** 0: any free port, which `start` returns. */
  readonly port: number;
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  /** Reverse proxies in front of it, which send the PROXY protocol; as parsed by `proxySetting`. */
  readonly proxies?: readonly string[];
  /** Must survive restarts: changing salts would reveal names without an account. */
  readonly fakeSaltSecret: Buffer;
  readonly accounts: AgentAccounts;
  readonly journal: Journal;
  readonly limits?: Partial<XmppLimits>;
}

/** The control channel with the XMPP server in this process. */
export class EmbeddedTransport extends DeviceTransport implements StreamOwner {
  private readonly limits: XmppLimits;
  private readonly journal: Journal;
  private readonly setting: StreamSetting;
  private readonly listener: TlsListener;
  private readonly requests: IqRequests;
  private readonly handlers: ExchangeHandlers;
  private readonly router: StanzaRouter;
  private readonly sweep: PingSweep;
  /** All streams, bound or not. */
  private readonly streams = new Set<AgentStream>();
  /** The one stream of each agent that is online. */
  private readonly online = new Map<string, AgentStream>();
  private readonly carriers = new Map<string, Carrier>();
  /** By agent: the last login that is being admitted. */
  private readonly admissions = new Map<string, Promise<unknown>>();
  private readonly listeners: ((presence: Presence) => void)[] = [];
  private stopping = false;
  private stopped: Promise<void> | undefined;

  constructor(options: EmbeddedTransportOptions) {
    super();
    const { journal } = options;
    const domain = options.domain.toLowerCase();
    const limits = xmppLimits(options.limits);
    this.limits = limits;
    this.journal = journal;
    this.requests = new IqRequests(limits);
    this.handlers = new ExchangeHandlers(limits, journal);
    this.router = new StanzaRouter(this.requests, this.handlers, limits);
    this.sweep = new PingSweep(this.requests, limits);
    const gate = new LoginGate(options.accounts, options.fakeSaltSecret);
    const { accounts } = options;
    const queue = new LoginQueue(limits);
    this.setting = { domain, core: createCore(domain), accounts, gate, queue, limits, journal, owner: this };
    this.listener = new TlsListener({ ...options, limits }, (socket, address) => {
      socket.setEncoding('utf8');
      socket.setNoDelay(true);
      this.streams.add(new AgentStream(socket, address, this.setting));
    });
  }

  /** Rejects if the port is not available. */
  async start(): Promise<{ port: number }> {
    const port = await this.listener.listen();
    this.sweep.start();
    this.journal.info('control channel listens', { port, domain: this.setting.domain });
    return { port };
  }

  /** Takes over an agent's connection that another listener has accepted, before its TLS handshake. */
  accept(socket: Socket): void {
    this.listener.accept(socket);
  }

  /** Ends every stream with <system-shutdown/>. Reports no presence: the agents themselves have not gone offline. */
  stop(): Promise<void> {
    return (this.stopped ??= this.endAll());
  }

  private async endAll(): Promise<void> {
    this.stopping = true;
    this.sweep.stop();
    const closed = this.listener.close();
    for (const stream of [...this.streams]) stream.refuse(new StreamError('system-shutdown', 'the server is stopping'));
    await closed;
  }

  override async request<Request, Response>(
    agentId: string,
    exchange: Exchange<Request, Response>,
    body: Request,
    options: { timeoutMs?: number } = {},
  ): Promise<Response> {
    if (exchange.from !== 'server') throw new TypeError(`the server does not start ${exchange.name}`);
    const carrier = this.carriers.get(agentId);
    if (!this.isOnline(agentId) && carrier?.carries(exchange))
      return carrier.request(exchange, body, options.timeoutMs);
    const payload = writePayload(exchange, exchange.request.parse(body));
    return this.ask(agentId, payload, options.timeoutMs, (result) =>
      readPayload(result.getChild(exchange.name, exchange.namespace), exchange.response),
    );
  }

  override async command(
    agentId: string,
    command: JobCommand,
    options: { timeoutMs?: number } = {},
  ): Promise<JobReport> {
    return this.ask(agentId, writeCommand(command), options.timeoutMs, (result) => readReportOf(command, result));
  }

  override handle<Request, Response>(
    exchange: Exchange<Request, Response>,
    handler: (agentId: string, body: Request) => Promise<Response>,
  ): void {
    this.handlers.add(exchange, handler);
  }

  override answerCarried(agentId: string, name: string, body: unknown): Promise<Carried<unknown>> {
    return this.handlers.answerCarried(agentId, name, body);
  }

  override onlineAgents(): string[] {
    return [...this.online.keys()];
  }

  override isOnline(agentId: string): boolean {
    return this.online.has(agentId);
  }

  override reaches(agentId: string, exchange: Pick<Exchange, 'name'>): boolean {
    return this.isOnline(agentId) || this.carriers.get(agentId)?.carries(exchange) === true;
  }

  override setCarrier(agentId: string, carrier: Carrier | undefined): void {
    const earlier = this.carriers.get(agentId);
    if (carrier) this.carriers.set(agentId, carrier);
    else this.carriers.delete(agentId);
    if (earlier !== carrier) earlier?.close();
  }

  override carrierOf(agentId: string): Carrier | undefined {
    return this.carriers.get(agentId);
  }

  override onPresence(listener: (presence: Presence) => void): void {
    this.listeners.push(listener);
  }

  override disconnect(agentId: string): void {
    this.setCarrier(agentId, undefined);
    const claiming = [...this.streams].filter((stream) => stream.claims(agentId));
    for (const stream of claiming) stream.refuse(new StreamError('not-authorized', 'the account is no longer valid'));
  }

  /** One login of an account after the other, so that of two copies one finds the other online. */
  async admit(stream: AgentStream, resource: string): Promise<'conflict' | 'not-allowed' | undefined> {
    const { agentId } = stream;
    const earlier = this.admissions.get(agentId);
    const admission = Promise.resolve(earlier).then(() => this.admitNext(stream, resource));
    const settled = admission.catch(() => undefined);
    this.admissions.set(agentId, settled);
    try {
      const refusal = await admission;
      if (!refusal) return undefined;
      this.journal.debug('agent login refused: another installation', {
        agentId,
        reason: refusal,
        address: stream.address,
      });
      this.setting.accounts.refused(agentId, refusal, stream.address);
      return refusal === 'in-use' ? 'conflict' : 'not-allowed';
    } finally {
      if (this.admissions.get(agentId) === settled) this.admissions.delete(agentId);
    }
  }

  private async admitNext(stream: AgentStream, resource: string): Promise<InstallationRefusal | undefined> {
    const { agentId } = stream;
    const presented = readInstallation(resource);
    stream.run = presented?.run;
    const older = this.online.get(agentId);
    // the same process has noticed earlier than this server that its connection is broken
    const mayRun = older?.run !== undefined && older.run !== stream.run;
    if (mayRun && (await this.sweep.answers(older, this.limits.XMPP_IN_USE_MS))) return 'in-use';
    const outcome = await this.setting.accounts.admit(agentId, presented);
    return outcome === 'admitted' ? undefined : outcome;
  }

  /** A newer stream replaces an older one of the same account, which is usually a broken connection. */
  bound(stream: AgentStream): void {
    const older = this.online.get(stream.agentId);
    this.online.set(stream.agentId, stream);
    this.sweep.watch(stream);
    older?.refuse(new StreamError('conflict', 'replaced by a newer connection'));
    this.reportPresence(stream, true);
  }

  received(stream: AgentStream, stanza: Element): void {
    this.sweep.received(stream);
    this.router.route(stream, stanza);
  }

  gone(stream: AgentStream): void {
    this.streams.delete(stream);
    this.sweep.forget(stream);
    const wasOnline = this.online.get(stream.agentId) === stream;
    if (wasOnline) this.online.delete(stream.agentId);
    this.requests.fail(stream);
    if (wasOnline) this.reportPresence(stream, false);
  }

  private async ask<Answer>(
    agentId: string,
    payload: Element,
    timeoutMs: number = this.limits.XMPP_IQ_TIMEOUT_MS,
    read: (result: Element) => Answer,
  ): Promise<Answer> {
    const stream = this.online.get(agentId);
    if (!stream) throw new AgentOffline(agentId);
    const asked = this.requests.ask(stream, 'set', payload, timeoutMs);
    void this.sweep.probe(stream);
    const result = await asked;
    try {
      return read(result);
    } catch (error) {
      if (error instanceof InvalidPayload) throw new AgentRefused(agentId, 'unreadable-answer', error.detail);
      throw error;
    }
  }

  private reportPresence({ agentId, address }: AgentStream, online: boolean): void {
    if (this.stopping) return;
    this.journal.info(online ? 'agent is online' : 'agent is offline', { agentId, address });
    const presence: Presence = { agentId, online, at: new Date() };
    for (const listener of this.listeners) {
      try {
        listener(presence);
      } catch (error) {
        this.journal.unexpected(error, 'reporting the presence of an agent');
      }
    }
  }
}
