import type { Element } from 'node-xmpp-server';
import type { Journal } from '../../journal/journal';
import type { JobReport } from '../../protocol/ad-hoc-command';
import type { Exchange } from '../../protocol/control-channel';
import { readInstallation } from '../../protocol/installation';
import type { Carried } from '../../protocol/wake';
import { SerialWork } from '../events/serial-work';
import { DeviceTransport, type Carrier, type JobCommand, type Presence } from './device-transport';
import type { AgentAccounts, InstallationRefusal } from './login/agent-accounts';
import { readReportOf, writeCommand } from './stanzas/ad-hoc-command';
import { ExchangeHandlers } from './stanzas/exchange-handlers';
import { IqRequests } from './stanzas/iq-requests';
import { readPayload, writePayload } from './stanzas/payload';
import { PingSweep } from './stanzas/ping-sweep';
import { StanzaRouter } from './stanzas/stanza-router';
import { StreamError } from './stream-error';
import type { BoundStream } from './stream/bound-stream';
import { AgentOffline, AgentRefused, InvalidPayload } from './xmpp.errors';
import type { XmppLimits } from './xmpp-limits';

export interface StreamTransportOptions {
  /** Domain part of all JIDs, lower case. */
  readonly domain: string;
  /** Must survive restarts: changing salts would reveal names without an account. */
  readonly fakeSaltSecret: Buffer;
  readonly accounts: AgentAccounts;
  readonly journal: Journal;
}

/** The control channel over streams of agents, whichever server has accepted them. */
export abstract class StreamTransport extends DeviceTransport {
  protected readonly sweep: PingSweep;
  protected stopping = false;
  private readonly requests: IqRequests;
  private readonly handlers: ExchangeHandlers;
  private readonly router: StanzaRouter;
  /** The one stream of each agent that is online. */
  private readonly online = new Map<string, BoundStream>();
  private readonly carriers = new Map<string, Carrier>();
  /** Logins that are being admitted, by agent. */
  private readonly admissions = new SerialWork();
  private readonly listeners: ((presence: Presence) => void)[] = [];

  protected constructor(
    protected readonly accounts: AgentAccounts,
    protected readonly journal: Journal,
    protected readonly limits: XmppLimits,
  ) {
    super();
    this.requests = new IqRequests(limits);
    this.handlers = new ExchangeHandlers(limits, journal);
    this.router = new StanzaRouter(this.requests, this.handlers, limits);
    this.sweep = new PingSweep(this.requests, limits);
  }

  /** Rejects if it cannot be used on this computer, for example because its port is in use. */
  abstract start(): Promise<unknown>;

  /** Ends every stream with <system-shutdown/>. Reports no presence: the agents themselves have not gone offline. */
  abstract stop(): Promise<void>;

  /** All streams of this agent, also those that have not been admitted yet. */
  protected abstract claimedBy(agentId: string): readonly Pick<BoundStream, 'refuse'>[];

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
    for (const stream of [...this.claimedBy(agentId)])
      stream.refuse(new StreamError('not-authorized', 'the account is no longer valid'));
  }

  /** One login of an account after the other, so that of two copies one finds the other online. */
  async admit(stream: BoundStream, resource: string): Promise<'conflict' | 'not-allowed' | undefined> {
    const { agentId } = stream;
    const refusal = await this.admissions.run(agentId, () => this.admitNext(stream, resource));
    if (!refusal) return undefined;
    this.journal.debug('agent login refused: another installation', {
      agentId,
      reason: refusal,
      address: stream.address,
    });
    this.accounts.refused(agentId, refusal, stream.address);
    return refusal === 'in-use' ? 'conflict' : 'not-allowed';
  }

  private async admitNext(stream: BoundStream, resource: string): Promise<InstallationRefusal | undefined> {
    const { agentId } = stream;
    const presented = readInstallation(resource);
    stream.run = presented?.run;
    const older = this.online.get(agentId);
    // the same process has noticed earlier than this server that its connection is broken
    const mayRun = older?.run !== undefined && older.run !== stream.run;
    if (mayRun && (await this.sweep.answers(older, this.limits.XMPP_IN_USE_MS))) return 'in-use';
    const outcome = await this.accounts.admit(agentId, presented);
    return outcome === 'admitted' ? undefined : outcome;
  }

  /** A newer stream replaces an older one of the same account, which is usually a broken connection. */
  bound(stream: BoundStream): void {
    const older = this.online.get(stream.agentId);
    this.online.set(stream.agentId, stream);
    this.sweep.watch(stream);
    older?.refuse(new StreamError('conflict', 'replaced by a newer connection'));
    this.reportPresence(stream, true);
  }

  received(stream: BoundStream, stanza: Element): void {
    this.sweep.received(stream);
    this.router.route(stream, stanza);
  }

  gone(stream: BoundStream): void {
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

  private reportPresence({ agentId, address }: BoundStream, online: boolean): void {
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
